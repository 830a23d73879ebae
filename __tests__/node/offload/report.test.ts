import { setImmediate as turn } from 'node:timers/promises';
import { createReport } from '../../../lib/node/offload/report.js';
import { RefusedError } from '../../../lib/shared/errors.js';
import type { Exchange } from '../../../lib/shared/views.js';
import type { Outcome } from '../../../lib/types.js';

/** A call on a response in this state, and what the application is notified of. */
function start(state: { headersSent?: boolean; destroyed?: boolean } = {}, callback?: () => void) {
  const notified = callback === undefined ? undefined : jest.fn<void, unknown[]>(callback);
  const next = jest.fn();
  const exchange = { req: { next }, res: { headersSent: false, destroyed: false, ...state } };
  const report = createReport(exchange as unknown as Exchange, notified);
  return { ...report, next, results: () => notified?.mock.calls.map(([error]) => error) };
}

const ignore = (): void => {};
const outcomeOf = (outcome: Partial<Outcome>): Outcome => outcome as Outcome;
const SENT = outcomeOf({ kind: 'sent' });

afterEach(() => jest.restoreAllMocks());

describe('the callback', () => {
  it.each<[string, Partial<Outcome>]>([
    ['a file', { kind: 'sent' }],
    ['a response without a file', { kind: 'refused' }],
  ])('gets no error for %s', (_what, outcome) => {
    const { ended, results, next } = start({}, ignore);
    ended(outcomeOf(outcome));
    expect(results()).toEqual([undefined]);
    expect(next).not.toHaveBeenCalled();
  });

  it('is called once, as soon as the front end has the file', () => {
    const { handedOver, ended, refused, results } = start({ headersSent: true }, ignore);
    handedOver();
    handedOver();
    ended(outcomeOf({ kind: 'aborted' }));
    refused(new Error('late'));
    expect(results()).toEqual([undefined]);
  });

  it.each([{ headersSent: false }, { headersSent: true, destroyed: true }])(
    'waits for the end if the client disconnected: %p',
    (state) => {
      const { handedOver, ended, results } = start(state, ignore);
      handedOver();
      expect(results()).toEqual([]);
      ended(outcomeOf({ kind: 'aborted' }));
      const [error] = results() ?? [];
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ message: 'Request aborted', code: 'ECONNABORTED' });
    },
  );

  it.each<[Partial<Outcome>, string]>([
    [{ code: 'ERR_XSENDFILE_READ_FAILED' as never, errno: 'EIO' }, 'EIO'],
    [{ code: 'ERR_XSENDFILE_READ_FAILED' as never }, 'ERR_XSENDFILE_READ_FAILED'],
  ])('gets the cause of a failure: %j', (outcome, code) => {
    const { ended, results } = start({}, ignore);
    ended(outcomeOf({ kind: 'failed', ...outcome }));
    const message = 'The file could not be sent completely';
    expect(results()?.[0]).toBeInstanceOf(Error);
    expect(results()).toMatchObject([{ message, code, status: 500, statusCode: 500 }]);
  });

  it('gets the error of the system for a refusal', () => {
    const { refused, results, next } = start({}, ignore);
    const cause = Object.assign(new RefusedError('ERR_XSENDFILE_NOT_FOUND'), { errno: 'ENOENT' });
    refused(cause);
    const [error] = results() ?? [];
    expect(error).not.toBe(cause);
    expect(error).toMatchObject({
      ...{ message: cause.message, code: 'ENOENT', status: 404, statusCode: 404 },
      ...{ expose: cause.expose, headers: cause.headers, cause },
    });
    expect(next).not.toHaveBeenCalled();
  });

  it('gets a refusal that has no error of the system as it is', () => {
    const { refused, results } = start({}, ignore);
    const cause = new RefusedError('ERR_XSENDFILE_DOTFILE_DENIED');
    refused(cause);
    expect(results()).toEqual([cause]);
  });
});

describe('a callback that throws', () => {
  const thrower = (thrown: unknown) => () => {
    throw thrown;
  };

  it.each([[new Error('thrown')], ['text']])('leads to next(%p)', async (thrown) => {
    const { ended, next } = start({}, thrower(thrown));
    ended(SENT);
    await turn();
    expect(next.mock.calls).toEqual([[thrown]]);
  });

  it('leads to an error, even if it throws nothing', async () => {
    const { ended, next } = start({}, thrower(undefined));
    ended(SENT);
    await turn();
    expect(next).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_XSENDFILE_INTERNAL' }));
  });

  it('causes a warning once the head is sent', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(ignore);
    const { ended, next } = start({ headersSent: true }, thrower('text'));
    ended(SENT);
    await turn();
    expect(next).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.lastCall?.[0])).toContain(
      'offload: the callback of res.sendFile() threw text',
    );
    expect(JSON.stringify(warn.mock.lastCall?.slice(1))).toContain('XSENDFILE_OBSERVER_THREW');
  });
});

describe('without a callback', () => {
  it('only refusals are reported, to next()', () => {
    const { handedOver, ended, refused, next } = start();
    handedOver();
    ended(outcomeOf({ kind: 'failed' }));
    expect(next).not.toHaveBeenCalled();
    const cause = new Error('refused');
    refused(cause);
    expect(next.mock.calls).toEqual([[cause]]);
  });

  it('next() is called without an error for a directory', () => {
    const { refused, next } = start();
    refused(new RefusedError('ERR_XSENDFILE_NOT_A_FILE'));
    expect(next.mock.calls).toEqual([[]]);
  });

  it('uses the next() that the request has at the time of the call', () => {
    const [first, later] = [jest.fn(), jest.fn()];
    const req = { next: first };
    const { refused } = createReport({ req, res: {} } as unknown as Exchange, undefined);
    req.next = later;
    refused('refused');
    expect(first).toHaveBeenCalledWith('refused');
    expect(later).not.toHaveBeenCalled();
  });
});
