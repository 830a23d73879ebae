import { xsendfile } from '../../lib/index.js';
import { GUARDED, spellingsOf } from '../cases/paths-spellings.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { askAll } from './ask-all.js';
import { GUARDED_APPLICATIONS } from './guarded-applications.js';

const SECRET = 'what-the-guard-keeps';
const root = createTree({ 'public.txt': 'public', [GUARDED.slice(1)]: SECRET });

/** Who asks for tolerance has to guard these spellings, too. */
const PAST_THE_GUARD: Readonly<Record<string, readonly string[]>> = {
  'Express 5, guard at /admin': [
    '//admin/secret.txt',
    '///admin/secret.txt',
    '/./admin/secret.txt',
    '/././admin/secret.txt',
    '//admin//secret.txt',
    '/./admin/./secret.txt',
  ],
  'Connect, guard at /files/admin, handler at /files': [
    '/files//admin/secret.txt',
    '/files///admin/secret.txt',
    '/files/./admin/secret.txt',
    '/files/././admin/secret.txt',
    '/files./admin/secret.txt',
  ],
  'Express 4, guard at /files/admin, handler at /files': [
    '/files//admin/secret.txt',
    '/files///admin/secret.txt',
    '/files/./admin/secret.txt',
    '/files/././admin/secret.txt',
  ],
};

describe('xsendfile(root, { collapseSlashes: true })', () => {
  it.each(GUARDED_APPLICATIONS.filter(({ title }) => title in PAST_THE_GUARD))(
    'serves these spellings and no others past $title',
    async ({ title, mount, create }) => {
      const handler = xsendfile(root, { sender: 'serve', collapseSlashes: true });
      const port = await listen(create(handler));
      const spellings = spellingsOf(mount);
      const answers = await askAll(port, spellings);
      const reached = spellings.filter((_, index) => answers[index]?.raw.includes(SECRET));
      expect(reached).toEqual(PAST_THE_GUARD[title]);
    },
  );
});
