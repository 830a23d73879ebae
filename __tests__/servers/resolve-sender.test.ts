import * as nginx from '../../lib/servers/nginx/sender.js';
import { resolveSender } from '../../lib/servers/senders.js';
import { BadSenderError } from '../../lib/shared/errors.js';

const send = (): void => {};
const own = { name: 'own', send };

function expectRefusal(sender: unknown, message: string): void {
  expect(() => resolveSender(sender, 'f')).toThrow(BadSenderError);
  expect(() => resolveSender(sender, 'f')).toThrow(`f: ${message}`);
}

const KNOWN =
  "sender must be one of 'standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve', a function, { name, send } or { name, nameFile }";

describe('resolveSender(sender)', () => {
  it.each(['standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve'])('%j', (name) => {
    expect(resolveSender(name, 'f')).toMatchObject({ name, send: expect.any(Function) });
  });

  it('makes a sender of a function', () => {
    const sender = resolveSender(send, 'f');
    expect(sender).toEqual({ name: 'send', send });
    expect(Object.isFrozen(sender)).toBe(true);
    expect(resolveSender(() => {}, 'f').name).toBe('custom');
  });

  it('takes a sender as it is, and makes one of an object that names files', () => {
    const own = { name: 'own', send };
    expect(resolveSender(own, 'f')).toBe(own);
    const naming = { name: 'own', nameFile: () => undefined };
    expect(resolveSender(naming, 'f')).toMatchObject({ name: 'own', send: expect.any(Function) });
  });

  it.each<[sender: unknown, shown: string]>([
    ['ngnix', '"ngnix". Did you mean "nginx"?'],
    ['iis', '"iis".'],
    ['toString', '"toString".'],
    [['nginx'], 'an array.'],
    [{ name: 'own' }, 'an object.'],
    [{ send }, 'an object.'],
    [{ nameFile: send }, 'an object.'],
    [{}, 'an object.'],
    [7, 'a number.'],
    [null, 'null.'],
    [undefined, 'undefined.'],
  ])('refuses %j', (sender, shown) => {
    expectRefusal(sender, KNOWN);
    expect(() => resolveSender(sender, 'f')).toThrow(
      expect.objectContaining({ message: `f: ${KNOWN}, got ${shown}` }),
    );
  });

  it('refuses a list with anything but names of headers', () => {
    expect(() => resolveSender({ name: 'own', send, dropped: ['ETag', 'a b'] }, 'f')).toThrow(
      'f: dropped of the sender must be a list of names of headers, got an array.',
    );
  });
});

describe('a sender with a wrong property', () => {
  it.each<[object, string]>([
    [{ name: '' }, 'name of the sender must be a string that is not empty, got "".'],
    [{ name: 5 }, 'name of the sender must be a string that is not empty, got a number.'],
    [{ send: 'send' }, 'send of the sender must be a function, got "send".'],
    [
      { passesContentEncoding: 'yes' },
      'passesContentEncoding of the sender must be true or false, got "yes".',
    ],
    [{ dropped: 'ETag' }, 'dropped of the sender must be a list of names of headers, got "ETag".'],
    [
      { controls: ['no header'] },
      'controls of the sender must be a list of names of headers, got an array.',
    ],
    [{ limitRate: 5 }, 'limitRate of the sender must be a function, got a number.'],
    [{ downloadIdHeader: 5 }, 'downloadIdHeader of the sender must be the name of a header, got a'],
    [{ downloadIdHeader: '' }, 'downloadIdHeader of the sender must be the name of a header, got'],
    [{ forRemote: null }, 'forRemote of the sender must be a function, got null.'],
  ])('is refused: %j', (wrong, message) => {
    expectRefusal({ ...own, ...wrong }, message);
  });

  it.each<[string, string]>([
    ['passesContentEncodng', 'passesContentEncoding'],
    ['passescontentencoding', 'passesContentEncoding'],
    ['droped', 'dropped'],
    ['control', 'controls'],
    ['limtRate', 'limitRate'],
    ['downloadIDHeaders', 'downloadIdHeader'],
    ['forRemotes', 'forRemote'],
  ])('is refused if it is misspelt: %s', (misspelt, property) => {
    expectRefusal(
      { ...own, [misspelt]: true },
      `the sender has an unknown property "${misspelt}". Did you mean "${property}"?`,
    );
  });

  it('is refused if the misspelt one is required', () => {
    expectRefusal({ nam: 'own', send }, 'the sender has an unknown property "nam".');
    expectRefusal({ name: 'own', sends: send }, 'the sender has an unknown property "sends".');
  });
});

it('a sender may have all properties, also undefined or inherited ones', () => {
  for (const sender of [
    { ...own, limitRate: undefined, forRemotes: undefined },
    {
      ...own,
      passesContentEncoding: false,
      dropped: ['ETag'],
      controls: ["!#$%&'*+.^_`|~-aZ9", 'X-Own'],
      downloadIdHeader: 'X-Id',
      limitRate: send,
      forRemote: send,
    },
    Object.create(own),
  ]) {
    expect(resolveSender(sender, 'f')).toBe(sender);
  }
});

describe('a factory of senders that was not called', () => {
  it('is refused, also one of another build, which is known by its name', () => {
    const message =
      'f: sender must be what nginxSender() returns, got the function itself. Call it: sender: nginxSender().';
    const nginxSender = () => own;
    for (const factory of [nginx.nginxSender, nginxSender]) {
      expect(() => resolveSender(factory, 'f')).toThrow(message);
    }
  });

  it('is refused, also if a bundler has shortened its name', () => {
    const { nginxSender } = nginx;
    Object.defineProperty(nginxSender, 'name', { value: 'n' });
    try {
      expect(() => resolveSender(nginxSender, 'f')).toThrow('Call it: sender: nginxSender().');
    } finally {
      Object.defineProperty(nginxSender, 'name', { value: 'nginxSender' });
    }
  });

  it('is not mistaken for a sender of the same name', () => {
    const nginxSender = (_file: unknown): void => {};
    expect(resolveSender(nginxSender, 'f').name).toBe('nginxSender');
  });
});
