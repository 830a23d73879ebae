import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { describe, expect, test } from 'tstyche';
import { type AllowFunction, authToken } from 'xsendfile';
import { createRevocations, limitUses, memoryUses, redisUses } from 'xsendfile/uses';

declare const secret: string;

describe('limitUses()', () => {
  test('is a function for allow, alone or in a list', () => {
    expect(limitUses()).type.toBeAssignableTo<AllowFunction<IncomingMessage>>();
    expect(authToken).type.toBeCallableWith(secret, '/srv/files', { allow: limitUses() });
    const allow = [createRevocations().allow, () => true, limitUses()];
    expect(authToken).type.toBeCallableWith(secret, '/srv/files', { allow });
    expect(authToken<Request>).type.toBeCallableWith(secret, '/srv/files', { allow: limitUses() });
  });

  test("gives the framework's request to client", () => {
    const client = (req: Request) => req.ip;
    expect(limitUses<Request>({ client })).type.toBeAssignableTo<AllowFunction<Request>>();
    const allow = limitUses({ client });
    expect(authToken<Request>).type.toBeCallableWith(secret, '/srv/files', { allow });
  });

  test('takes no misspelt option and no client of Redis', () => {
    expect(limitUses).type.not.toBeCallableWith({ windows: 60 });
    expect(limitUses).type.not.toBeCallableWith({ store: createClient() });
  });

  test('takes each store', () => {
    expect(limitUses).type.toBeCallableWith({ store: memoryUses() });
    expect(limitUses).type.toBeCallableWith({ store: redisUses(createClient()) });
    expect(createRevocations).type.toBeCallableWith({ store: redisUses(new Redis()) });
  });
});

describe('redisUses()', () => {
  test('takes clients of both packages, and clusters', () => {
    expect(redisUses).type.toBeCallableWith(createClient());
    expect(redisUses).type.toBeCallableWith(createCluster({ rootNodes: [] }));
    expect(redisUses).type.toBeCallableWith(new Redis());
    expect(redisUses).type.not.toBeCallableWith('redis://localhost');
  });
});
