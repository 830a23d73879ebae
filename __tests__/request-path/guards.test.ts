import express from 'express';
import express4 from 'express4';
import { xsendfile } from '../../lib/index.js';
import { GUARDED, spellingsOf } from '../cases/paths-spellings.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { askAll } from './ask-all.js';
import { GUARDED_APPLICATIONS } from './guarded-applications.js';

const SECRET = 'what-the-guard-keeps';
const root = createTree({ 'public.txt': 'public', [GUARDED.slice(1)]: SECRET });
/** A mount path with a parameter as a client writes it. */
const asWritten = (mount: string): string => mount.replace(':user', 'jane');

describe.each(GUARDED_APPLICATIONS)('xsendfile(root) behind a guard in $title', (application) => {
  const mount = asWritten(application.mount);

  it('sends the guarded file for no spelling of its path', async () => {
    const handler = xsendfile(root, { sender: 'serve', dotfiles: 'allow' });
    const port = await listen(application.create(handler));
    const spellings = spellingsOf(mount);
    const answers = await askAll(port, spellings);
    const reached = spellings.filter((_, index) => answers[index]?.raw.includes(SECRET));
    expect(reached).toEqual([]);
    expect(answers.filter(({ status }) => !(status >= 200 && status < 500))).toEqual([]);
    const isGuarded = await rawRequest(port, { target: mount + GUARDED });
    expect(isGuarded.status).toBe(401);
    const isPublic = await rawRequest(port, { target: `${mount}/public.txt` });
    expect(isPublic.status).toBe(200);
  });
});

describe('xsendfile(root) behind a guard that compares strings', () => {
  it.each([
    { name: 'Express 5', createApp: express },
    { name: 'Express 4', createApp: express4 },
  ])('depends on the case of the mount path in $name', async ({ createApp }) => {
    const ask = async (setUp: (app: express.Express) => void): Promise<number> => {
      const app = createApp().set('env', 'test');
      setUp(app);
      app.use((req, res, next) => {
        if (req.path.startsWith('/files/admin')) res.status(401).end();
        else next();
      });
      app.use('/files', xsendfile(root));
      const { status } = await rawRequest(await listen(app), { target: `/Files${GUARDED}` });
      return status;
    };
    expect(await ask(() => {})).toBe(200);
    expect(await ask((app) => app.enable('case sensitive routing'))).toBe(404);
    expect(await ask((app) => app.use('/files/admin', (_req, res) => res.status(401).end()))).toBe(
      401,
    );
  });
});

describe('xsendfile(root) whose paths come from decoded parameters', () => {
  it.each([
    { name: 'Express 5', createApp: express },
    { name: 'Express 4', createApp: express4 },
  ])('depends on a guard on the same parameters ($name)', async ({ createApp }) => {
    const app = createApp().set('env', 'test');
    const deny: express.RequestHandler = (_req, res) => void res.status(401).end();
    // What is decoded has one spelling, so the guard has to look at that too.
    app.param('directory', (req, res, next, directory) => {
      if (directory === 'admin') deny(req, res, next);
      else next();
    });
    const path = ({ params }: { params: Record<string, string> }) => [
      params.directory ?? '',
      params.file ?? '',
    ];
    app.get('/:directory/:file', xsendfile(root, { sender: 'serve', path }));
    const port = await listen(app);
    const spellings = spellingsOf('');
    const answers = await askAll(port, spellings);
    expect(spellings.filter((_, index) => answers[index]?.raw.includes(SECRET))).toEqual([]);
  });
});
