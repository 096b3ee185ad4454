/**
 * The one line for each way of installing, as docs/install.md, docs/connect.md and docs/fleet.md have them. No line names a version or
 * a processor: the file beside the reader does.
 *
 * @module
 */

/** One way. */
export interface JoinLine {
  title: string
  text: string
  line: string
}

/** The lines for `token`. Its letters mean nothing to a shell, nor to sed. */
export function joinLines(token: string): readonly JoinLine[] {
  const connect = `printf %s '${token}' | sudo landfast connect --join-token-file -`
  return [
    {
      title: 'The server has Landfast',
      text: 'From a package or by “landfast install”. Run it there; printf is part of the shell, so the token is in no list of processes.',
      line: connect,
    },
    {
      title: 'Debian or Ubuntu, with the package beside you',
      text: 'Copy landfast_*.deb to the server first.',
      line: `sudo dpkg -i landfast_*.deb && ${connect}`,
    },
    {
      title: 'A system with rpm, with the package beside you',
      text: 'Copy landfast-*.rpm to the server first.',
      line: `sudo rpm -i landfast-*.rpm && ${connect}`,
    },
    {
      title: 'Without a package manager, with the tar archive beside you',
      text: 'Copy landfast-*.tar.gz to the server first.',
      line: `tar -xzf landfast-*.tar.gz && sudo ./landfast-*-linux-*/landfast install && ${connect}`,
    },
    {
      title: 'A server with npm, with the npm package beside you',
      text: 'Copy landfast-*.tgz to the server first. It needs Node 24.',
      line: `sudo npm install --global ./landfast-*.tgz && sudo landfast install && ${connect}`,
    },
    ...forMany(token),
  ]
}

function forMany(token: string): readonly JoinLine[] {
  return [
    {
      title: 'New servers with cloud-init',
      text: 'In a checkout of Landfast. It writes user-data.yaml, which only you can read. Put the address of the package, its SHA-256 and the tags into it, and give it to the servers as user data.',
      line: `(umask 077; printf 's|JOIN_TOKEN|%s|' '${token}' | sed -f /dev/stdin packaging/cloud-init/landfast.yaml > user-data.yaml)`,
    },
    {
      title: 'Many servers with Ansible',
      text: 'In a checkout of Landfast, with the package beside you. The token is read from a file that only you can read.',
      line: `(umask 077; printf %s '${token}' > join.token) && ansible-playbook -i inventory packaging/ansible/join.yml -e landfast_package="$(ls "$PWD"/landfast_*.deb)" -e landfast_join_token_file="$PWD"/join.token`,
    },
  ]
}
