import express from 'express';
import request from 'supertest';
import { xsendfile as koa } from '../../lib/adapters/koa.js';
import { authToken, BadOptionError, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const ORIGIN = 'https://bucket.s3.example';

describe('the default sender', () => {
  it.each<[string, XSendfileOptions | undefined]>([
    ['no options', undefined],
    ['empty options', {}],
    ['a sender that is undefined', { sender: undefined }],
    ['a handshake that is undefined', { handshake: undefined }],
  ])('is serve with %s', async (_what, options) => {
    const { headers } = await request(express().use(xsendfile(root, options)))
      .get('/a.txt')
      .expect(200, 'text');
    expect(headers).not.toHaveProperty('x-sendfile');
  });

  it.each<XSendfileOptions['handshake']>([false, HANDSHAKE, [HANDSHAKE]])(
    'is missing with the handshake %j',
    (handshake) => {
      for (const [caller, create] of [
        ['xsendfile', () => xsendfile(root, { handshake })],
        ['authToken', () => authToken(HANDSHAKE, root, { handshake, sender: undefined })],
        ['xsendfile', () => xsendfile(remoteRoot({ origins: [ORIGIN] }), { handshake })],
        ['xsendfile', () => koa(root, { handshake })],
      ] as const) {
        expect(create).toThrow(BadOptionError);
        expect(create).toThrow(
          `${caller}: sender is missing, but there is a handshake. Which server is in front of the application? Name it, as in sender: 'nginx'.`,
        );
      }
    },
  );

  it('is the same for authToken()', async () => {
    const handler = authToken(HANDSHAKE, root);
    const { headers } = await request(express().use(handler))
      .get(handler.signer.sign('a.txt'))
      .expect(200, 'text');
    expect(headers).not.toHaveProperty('x-sendfile');
  });
});

describe('a handshake that is undefined', () => {
  const send = () => {};
  it.each<[string, XSendfileOptions['sender']]>([
    ['standard', 'standard'],
    ['apache', 'apache'],
    ['lighttpd', 'lighttpd'],
    ['nginx', 'nginx'],
    ['caddy', 'caddy'],
    ['h2o', 'h2o'],
    ['a function', send],
    ['a sender', { name: 'own', send }],
  ])('is rejected with %s', (_what, sender) => {
    for (const create of [
      () => xsendfile(root, { sender, handshake: process.env.XSENDFILE_NOT_SET }),
      () => authToken(HANDSHAKE, root, { sender, handshake: process.env.XSENDFILE_NOT_SET }),
    ]) {
      expect(create).toThrow(BadOptionError);
      expect(create).toThrow(/: handshake is undefined\. Is the environment variable set\?/);
    }
    expect(() => xsendfile(root, { sender })).not.toThrow();
  });

  it('is accepted where this process sends', () => {
    expect(() => xsendfile(root, { sender: 'serve', handshake: undefined })).not.toThrow();
  });
});
