/**
 * The one line for each way of installing, as docs/install.md, docs/connect.md and docs/fleet.md have them.
 *
 * @module
 */

/** One way. */
export interface JoinLine {
  title: string
  text: string
  line: string
}

/** The lines for `token`. Its letters mean nothing to a shell. */
export function joinLines(token: string): readonly JoinLine[] {
  return [
    {
      title: 'The server has Landfast',
      text: 'From a package or by “landfast install”. Run it there; printf is part of the shell, so the token is in no list of processes.',
      line: `printf %s '${token}' | sudo landfast connect --join-token-file -`,
    },
    {
      title: 'Debian or Ubuntu, with the package beside you',
      text: 'Copy landfast_*.deb to the server first.',
      line: `sudo dpkg -i landfast_*.deb && printf %s '${token}' | sudo landfast connect --join-token-file -`,
    },
    {
      title: 'A system with rpm, with the package beside you',
      text: 'Copy landfast-*.rpm to the server first.',
      line: `sudo rpm -i landfast-*.rpm && printf %s '${token}' | sudo landfast connect --join-token-file -`,
    },
    {
      title: 'Many servers with Ansible',
      text: 'In a checkout of Landfast, with the package beside you. The token is read from a file that only you can read.',
      line: `(umask 077; printf %s '${token}' > join.token) && ansible-playbook -i inventory packaging/ansible/join.yml -e landfast_package="$PWD"/landfast_0.1.0-1_amd64.deb -e landfast_join_token_file="$PWD"/join.token`,
    },
  ]
}
