import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontEnd } from '../helpers/front-end-server.js';
import { LINK_SECRET } from './links.js';

/** Seconds, as mod_secdownload has it unless it is told otherwise. */
export const TIMEOUT = 60;

/** lighttpd 1.4.68 and later, which checks with a script what mod_secdownload checked before. */
export const lighttpdSecdownload: FrontEnd = {
  name: 'lighttpd',
  args: (configFile) => ['-D', '-f', configFile],
  configure({ scratch, root, port, user }) {
    const script = join(scratch, 'secdownload.lua');
    writeFileSync(script, scriptFor(root));
    return `
server.modules = ( "mod_magnet" )
server.document-root = "${scratch}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ( "${scratch}" )
server.stat-cache-engine = "disable"
${user === undefined ? '' : `server.username = "${user}"\nserver.groupname = "${user}"`}

magnet.attract-physical-path-to = ( "${script}" )
`;
  },
};

function scriptFor(root: string): string {
  const values: Readonly<Record<string, string>> = {
    SECRET: LINK_SECRET,
    ROOT: root,
    TIMEOUT: String(TIMEOUT),
  };
  const template = readFileSync(join(__dirname, 'secdownload.lua'), 'utf8');
  return template.replace(/@([A-Z]+)@/g, (_, name: string) => String(values[name]));
}
