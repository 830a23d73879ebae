import type { FrontEndName } from '../helpers/front-end-server.js';
import { expectBody, expectOffloaded, expectSentHere } from './expectations.js';
import { TEN } from './files.js';
import { contentOf, isUrlLegal, type NameCase, names } from './names.js';
import type { Reply, Site } from './site.js';

export function describeNames(name: FrontEndName, site: () => Site): void {
  describe('names', () => {
    const rows = names.map((row, index) => ({ ...row, index }));

    it.each(rows)('sends a file with $what in its name', async (row) => {
      expectNamed(await site().ask(`/named/${row.index}`), row);
    });

    it.each(rows.filter((row) => isUrlLegal(row.name)))(
      'sends a file with $what in its URL',
      async (row) => {
        expectNamed(await site().ask(`/names/${encodeURIComponent(row.name)}`), row);
      },
    );

    it.each(rows.filter((row) => !isUrlLegal(row.name)))(
      'answers 400 for a URL with $what',
      async (row) => {
        const reply = await site().ask(`/names/${encodeURIComponent(row.name)}`);
        expect(reply.status).toBe(400);
        expect(reply.body.includes(contentOf(row.name))).toBe(false);
      },
    );

    it('sends a file whose path has the maximum length', async () => {
      const reply = await site().ask('/deep');
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectOffloaded(reply, name);
    });
  });

  function expectNamed(reply: Reply, row: NameCase): void {
    const content = contentOf(row.name);
    expect(reply.status).toBe(200);
    expectBody(reply, content);
    if (row.sentHere?.[name] === undefined) expectOffloaded(reply, name);
    else expectSentHere(reply, content.length);
  }
}
