import { resolveSender } from '../../lib/servers/senders.js';
import { BadSenderError } from '../../lib/shared/errors.js';

const send = (): void => {};
const KNOWN =
  "f: sender must be one of 'standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve', a function, { name, send } or { name, nameFile }";

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
    expect(() => resolveSender(sender, 'f')).toThrow(BadSenderError);
    expect(() => resolveSender(sender, 'f')).toThrow(
      expect.objectContaining({ message: `${KNOWN}, got ${shown}` }),
    );
  });

  it('refuses a list with anything but names of headers', () => {
    expect(() => resolveSender({ name: 'own', send, dropped: ['ETag', 'a b'] }, 'f')).toThrow(
      'f: dropped of the sender must be a list of names of headers, got an array.',
    );
  });
});
