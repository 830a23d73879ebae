import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOf, markAsArchive } from '../../lib/handlers/archive-content.js';
import { openRoot } from '../../lib/handlers/open-root.js';
import type { AllowContext, XSendfileOptions } from '../../lib/index.js';
import type { Responder } from '../../lib/pipeline/responder.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'a', 'dir/b.txt': 'b', 'dir/.hidden': 'h' });
const subject = { url: '/', headers: {} };

/** An archive of a request, and what a handler makes of it. */
function prepare(
  options: XSendfileOptions,
  { decidedFor = subject as object, allowedBy = undefined as unknown } = {},
) {
  const opened = openRoot(root, options, 'the test');
  const state = opened.createState(opened.config);
  const [end, delivered] = [jest.fn(), jest.fn()];
  const allow = (allowedBy ?? opened.config.allow) as typeof opened.config.allow;
  const observers = { allow, end, fail: end, delivery: new Set([delivered]) };
  const source = { root };
  const createSource = jest.fn(() => source as never);
  const content = markAsArchive({}, { name: 'a.zip', createSource, decidedFor, observers });
  const prepared = opened.methodsOf(state).sendContent?.(content as never);
  if (prepared === undefined) throw new Error('There is no method sendContent().');
  const responder = { request: subject, subject } as unknown as Responder;
  return { prepared, authorized: prepared.authorize(responder), end, delivered, createSource };
}

describe('an archive as content', () => {
  it('is found only where it was attached', () => {
    for (const value of [undefined, null, 7, 'x', {}]) expect(archiveOf(value)).toBeUndefined();
    expect(archiveOf(markAsArchive({}, { name: 'x' } as never))).toEqual({ name: 'x' });
  });

  it('has its own source and name, and is an attachment by default', () => {
    const { prepared, authorized, createSource } = prepare({});
    expect(createSource).toHaveBeenCalledWith(root);
    expect(prepared.state).toMatchObject({
      source: { root },
      config: { disposition: 'attachment' },
    });
    expect(authorized.segments).toEqual(['a.zip']);
    expect(prepare({ disposition: 'inline' }).prepared.state.config.disposition).toBe('inline');
  });

  it('has its outcome reported to the observers of its members, and to the handler', () => {
    const onFinish = jest.fn();
    const [outcome, exchange] = [{ kind: 'sent' }, {}] as never[];
    const silent = prepare({});
    silent.prepared.state.config.onFinish?.(outcome as never, exchange as never);
    expect(silent.end).toHaveBeenCalledWith(outcome);
    const { prepared, end } = prepare({ onFinish });
    prepared.state.config.onFinish?.(outcome as never, exchange as never);
    expect(end).toHaveBeenCalledWith(outcome);
    expect(onFinish).toHaveBeenCalledWith(outcome, exchange);
  });

  it('is not decided about again for the request that its members were allowed for', () => {
    const allow = jest.fn(() => true);
    const { authorized, delivered } = prepare({ allow });
    const functions = authorized.handler?.config.allow ?? [];
    const onDelivered = jest.fn();
    expect(
      functions.map((ask) => ask({} as never, { onDelivered } as never as AllowContext)),
    ).toEqual([true]);
    expect(onDelivered.mock.calls).toEqual([[delivered]]);
    expect(allow).not.toHaveBeenCalled();
  });

  it.each<[string, object]>([
    ['any other request', { decidedFor: {} }],
    ['a handler with other functions', { allowedBy: [() => true] }],
  ])('is decided about for %s', (_what, decided) => {
    const { authorized, prepared } = prepare({ allow: () => true }, decided);
    expect(authorized.handler).toBe(prepared.state);
  });
});

describe('the members of an archive', () => {
  const opened = openRoot(root, {}, 'the test');
  const viewOf = () => ({ request: subject, subject, named: { req: subject } }) as never;
  const members = opened.membersOf(opened.createState(opened.config), viewOf)?.(subject, 'a.zip');
  if (members === undefined) throw new Error('There are no members.');

  it('are opened as long as they are the files that were found', async () => {
    const found = await members.find('a.txt');
    expect(found).toMatchObject({ segments: ['a.txt'], within: undefined, size: 1 });
    for (const isContentWanted of [true, false]) {
      const file = await members.open(found, isContentWanted);
      if (file === undefined) throw new Error('The file is another.');
      expect(await members.isStill(file, found)).toBe(true);
      file.close();
    }
    writeFileSync(join(root, 'new.txt'), 'b');
    renameSync(join(root, 'new.txt'), join(root, 'a.txt'));
    expect(await members.open(found, true)).toBeUndefined();
    expect(await members.open(found, false)).toBeUndefined();
  });

  it('that change while they are read are no longer what was found', async () => {
    const found = await members.find('dir/b.txt');
    const file = await members.open(found, false);
    if (file === undefined) throw new Error('The file is another.');
    writeFileSync(join(root, 'dir/b.txt'), 'longer');
    expect(await members.isStill(file, found)).toBe(false);
    file.close();
  });

  it('are checked by their path', async () => {
    expect(await members.check(['dir', 'b.txt'])).toMatchObject({ relativePath: 'dir/b.txt' });
    await expect(members.check(['missing'])).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_NOT_FOUND',
    });
  });

  it('are listed without names that no request may have', async () => {
    const { segments, names } = await members.list('dir');
    expect([segments, names]).toEqual([['dir'], [{ name: 'b.txt', kind: 'file' }]]);
  });
});
