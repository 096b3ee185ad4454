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

const ONE_PROCESSOR = 'Take the one for the processor of the server.'

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
      title: 'Debian or Ubuntu',
      text: `${packageText('landfast_*.deb')} ${ONE_PROCESSOR}`,
      line: `sudo dpkg -i landfast_*.deb && ${connect}`,
    },
    {
      title: 'A system with rpm',
      text: `${packageText('landfast-*.rpm')} ${ONE_PROCESSOR}`,
      line: `sudo rpm -i landfast-*.rpm && ${connect}`,
    },
    {
      title: 'Without a package manager',
      text: `${packageText('landfast-*.tar.gz')} ${ONE_PROCESSOR}`,
      line: `tar -xzf landfast-*.tar.gz && sudo ./landfast-*-linux-*/landfast install && ${connect}`,
    },
    {
      title: 'A server with npm',
      text: `${packageText('landfast-*.tgz')} It needs Node 18 or newer.`,
      line: `sudo npm install --global ./landfast-*.tgz && sudo landfast install && ${connect}`,
    },
    ...forMany(token),
  ]
}

/** Where the file comes from, which is at no public place. */
function packageText(file: string): string {
  return `“npm run package” in a checkout of Landfast makes ${file}, in dist/packages. First copy it to the server, into the folder where you run the line.`
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
      text: 'In a checkout of Landfast, after “npm run package”, and “cp dist/packages/landfast_*.deb .” for the processor of the servers. The token is read from a file that only you can read.',
      line: `(umask 077; printf %s '${token}' > join.token) && ansible-playbook -i inventory packaging/ansible/join.yml -e landfast_package="$(ls "$PWD"/landfast_*.deb)" -e landfast_join_token_file="$PWD"/join.token`,
    },
  ]
}
