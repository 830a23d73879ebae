// @ts-check
// The portal behind Apache httpd and its mod_xsendfile: npm run example:apache
//
// APACHE_PORT, PORT
//               where Apache listens; default http://localhost:8080, port 0 selects a free one
// PORTAL_BIG_MB size of the largest sample document; default 50
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runBehind } from '../shared/behind.js';
import { fail, versionOf } from '../shared/system.js';

/** Directories where distributions install the modules. */
const DIRECTORIES = [
  '/usr/lib/apache2/modules',
  '/usr/lib64/httpd/modules',
  '/usr/lib/httpd/modules',
  '/opt/homebrew/lib/httpd/modules',
];

const program = ['apache2', 'httpd'].find((name) => versionOf(name) !== undefined);
const modules = DIRECTORIES.find((directory) => existsSync(join(directory, 'mod_xsendfile.so')));
if (program === undefined || modules === undefined) {
  fail(
    'Apache or its mod_xsendfile is not installed: sudo apt-get install apache2 libapache2-mod-xsendfile',
  );
}

await runBehind({
  name: 'apache',
  header: 'X-Sendfile',
  sender: 'apache',
  canReport: true,
  options: { modules },
  command: ({ configuration }) => [program, '-D', 'FOREGROUND', '-f', configuration],
});
