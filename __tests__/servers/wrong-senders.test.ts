import * as core from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const factoryOf = (build: object, name: string): (() => core.Sender) =>
  Reflect.get(build, `${name}Sender`);
const FACTORIES = ['standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve'] as const;
const own = { name: 'own', send: (): void => {} };

function create(sender: unknown): unknown {
  return core.xsendfile(root, { sender: sender as core.Sender, handshake: false });
}

function expectRefusal(sender: unknown, message: string): void {
  expect(() => create(sender)).toThrow(core.BadSenderError);
  expect(() => create(sender)).toThrow(`xsendfile: ${message}`);
}

describe('a factory of senders that was not called', () => {
  it.each(FACTORIES)('is refused: %sSender', async (name) => {
    const message = `sender must be what ${name}Sender() returns, got the function itself. Call it: sender: ${name}Sender().`;
    expectRefusal(factoryOf(core, name), message);
    jest.resetModules();
    const other = await import('../../lib/index.js');
    expect(factoryOf(other, name)).not.toBe(factoryOf(core, name));
    expectRefusal(factoryOf(other, name), message);
  });

  it('is not mistaken for a sender of the same name', () => {
    const nginxSender: core.SenderFunction = (_file, { decline }) => decline();
    expect(() => create(nginxSender)).not.toThrow();
  });
});

describe('a sender with further properties', () => {
  class Counting {
    readonly name = 'counting';
    sent = 0;
    names: readonly string[] = [];
    readonly options = { server: 'own' };
    send(_file: core.FileTarget, { decline }: core.SenderContext): void {
      this.sent += 1;
      decline();
    }
  }

  it.each<[string, () => core.Sender]>([
    ['an instance of a class', () => new Counting()],
    ['an object', () => ({ ...own, version: 2, rename: () => {} }) as core.Sender],
    ['properties that are undefined', () => ({ ...own, limitRate: undefined }) as never],
    ['properties that are inherited', () => Object.create(own)],
    ...FACTORIES.map((name) => [name, factoryOf(core, name)] as [string, () => core.Sender]),
  ])('is accepted: %s', (_what, createSender) => {
    expect(() => create(createSender())).not.toThrow();
  });
});
