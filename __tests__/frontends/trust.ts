import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { Connection } from '../helpers/raw-request.js';
import { CLAIM, claims, forgedHeaders, nominations, unusualRequests } from './cases.js';
import { expectBody, expectOffloaded, expectSentHere } from './expectations.js';
import { TEN } from './files.js';
import { HANDSHAKE, type Site } from './site.js';

export function describeTrust(name: FrontEndName, site: () => Site): void {
  describe('requests through the front end', () => {
    it('carry the handshake', async () => {
      const { account } = await site().ask('/files/ten.txt');
      expect(account?.req.headers['x-sendfile-handshake']).toBe(HANDSHAKE);
    });

    it.each(nominations)('carry the handshake with %j', async (headers) => {
      const plain = await site().ask('/files/ten.txt');
      const { account } = await site().ask('/files/ten.txt', { headers });
      expect(account?.req.headers['x-sendfile-handshake']).toBe(HANDSHAKE);
      const forwarded = plain.account?.req.headers['x-forwarded-proto'];
      expect(account?.req.headers['x-forwarded-proto']).toBe(forwarded);
    });

    it.each(forgedHeaders)('get the same response with %s: %s', async (header, value) => {
      const reply = await site().ask('/files/ten.txt', { headers: { [header]: value } });
      expect(reply.status).toBe(200);
      const arrived = reply.account?.req.headers[header.toLowerCase()];
      if (/-(?:handshake|config)$/i.test(header)) expect([undefined, HANDSHAKE]).toContain(arrived);
      else expect(arrived).toBeUndefined();
      expectBody(reply, TEN);
      expectOffloaded(reply, name);
    });
  });

  it.each(claims)('passes nothing to the application that a client claims: %j', async (headers) => {
    const { status, account } = await site().ask('/files/ten.txt', { headers });
    expect(status).toBe(200);
    const { connection, ...arrived } = account?.req.headers ?? {};
    expect(JSON.stringify(arrived)).not.toContain(CLAIM);
    expect(arrived).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
  });

  it.each(unusualRequests)('shows no client what it adds to a request: %j', async (request) => {
    const { target, ...details } = request;
    const { raw } = await site().ask(target, details);
    expect(String(raw)).toMatch(/^HTTP/);
    expect(String(raw)).not.toMatch(/handshake|x-forwarded/i);
  });

  it('limits the requests that a pipelining client gets through to the application', async () => {
    const before = site().countRequests();
    const connection = await Connection.open(site().port);
    connection.pause();
    const batch = Array.from({ length: 500 }, () => ({ target: '/files/large.bin' }));
    for (let sent = 0; sent < 10; sent += 1) connection.send(...batch);
    await eventually(() => site().countRequests() > before);
    // Time enough for all of them, if they were let through.
    await delay(500);
    connection.destroy();
    expect(site().countRequests() - before).toBeLessThan(50);
  });

  describe('requests that bypass the front end', () => {
    it.each(forgedHeaders)('get the file from this process with %s: %s', async (header, value) => {
      const reply = await site().askDirectly('/files/ten.txt', { headers: { [header]: value } });
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectSentHere(reply, TEN.length);
    });

    it('get the file from this process without a forged header', async () => {
      const reply = await site().askDirectly('/files/ten.txt');
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectSentHere(reply, TEN.length);
    });

    it('get a range from this process', async () => {
      const headers = { Range: 'bytes=2-4' };
      const reply = await site().askDirectly('/files/ten.txt', { headers });
      expect(reply.status).toBe(206);
      expect(reply.headers['content-range']).toBe('bytes 2-4/10');
      expectBody(reply, TEN.subarray(2, 5));
      expectSentHere(reply, 3, 206);
    });

    it('cannot make a careless application send another file', async () => {
      const reply = await site().askDirectly('/confused/ten.txt');
      expect(reply.status).toBe(200);
      expectBody(reply, TEN);
      expectSentHere(reply, TEN.length);
    });
  });
}
