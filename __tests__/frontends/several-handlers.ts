import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { type Diagnosis, examine } from '../../lib/doctor/examiner/examine.js';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import { createFrontEndConfig, type FrontEndFiles } from '../../lib/frontends/index.js';
import {
  apacheSender,
  caddySender,
  h2oSender,
  lighttpdSender,
  nginxSender,
  type Outcome,
  type Sender,
  xsendfile,
} from '../../lib/index.js';
import {
  type FrontEndName,
  type RunningFrontEnd,
  startFrontEnd,
} from '../helpers/front-end-server.js';
import { binaryOf, describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { CLAIM, claims } from './cases.js';
import { CHECK, generated } from './generated.js';
import { systemFile } from './parts.js';

const START_TIMEOUT_MS = 180_000;
const HANDSHAKE = 'handshake-of-the-tests-of-several-handlers';
const DOCTOR_SECRET = 'doctor-secret-of-several-handlers';
const DIGEST = 'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:';
/** Those that an application can add to a file. */
const PASSED: readonly string[] = ['Repr-Digest', 'X-App_Id', 'cache-control'];
const NAMES = ['a b.txt', '100%.txt', '%41.txt', 'a+b.txt', 'Größe ü.txt'];

const base = mkdtempSync(join(tmpdir(), 'xsendfile-several-'));
chmodSync(base, 0o755);
const running: (Server | RunningFrontEnd)[] = [];
afterAll(async () => {
  for (const each of running) {
    if ('stop' in each) await each.stop();
    else each.closeAllConnections();
    if ('close' in each) each.close();
  }
  rmSync(base, { recursive: true, force: true });
});

interface Handler {
  readonly path: '/a' | '/b';
  readonly sender: Sender;
  readonly files: FrontEndFiles;
}

/** Two roots; the server sees the second one under another name. */
function createHandlers(name: FrontEndName, senders = SENDERS): readonly [Handler, Handler] {
  const top = mkdtempSync(join(base, `${name}-`));
  chmodSync(top, 0o755);
  const roots = [join(top, `the first "$root" (ü)`), join(top, 'the second+1 50%41')] as const;
  const frontendRoot = join(top, 'as seen by the server');
  for (const [index, root] of roots.entries()) {
    mkdirSync(root);
    for (const file of NAMES) writeFileSync(join(root, file), `${file} of ${'ab'[index]}`);
  }
  writeFileSync(join(roots[1], 'only-b.txt'), 'only in b');
  symlinkSync(roots[1], frontendRoot);
  const [a, b] = senders[name](frontendRoot);
  return [
    { path: '/a', sender: a.sender, files: { root: roots[0], location: a.location } },
    { path: '/b', sender: b.sender, files: { root: roots[1], location: b.location, frontendRoot } },
  ];
}

interface Named {
  readonly sender: Sender;
  readonly location?: string;
}

type Senders = {
  readonly [server in FrontEndName]: (frontendRoot: string) => readonly [Named, Named];
};

const SENDERS: Senders = {
  nginx: () => [locate(nginxSender, '/-a%20a-/'), locate(nginxSender, '/-a%20a/')],
  apache: (frontendRoot) => [
    { sender: apacheSender() },
    { sender: apacheSender({ frontendRoot }) },
  ],
  lighttpd: (frontendRoot) => [
    { sender: lighttpdSender() },
    { sender: lighttpdSender({ frontendRoot }) },
  ],
  caddy: () => [locate(caddySender, '/-a%20a-/'), locate(caddySender, '/-a%20a/')],
  h2o: () => [
    locate(h2oSender, 'http://files.internal:81/-a/'),
    locate(h2oSender, 'http://files.internal:81/-a-/'),
  ],
};

/** Side by side, two parts of h2o need two hosts. */
const SENDERS_OF_PARTS: Senders = {
  ...SENDERS,
  h2o: () => [
    locate(h2oSender, 'http://a.internal:81/'),
    locate(h2oSender, 'http://b.internal:81/'),
  ],
};

function locate(create: (options: { location: string }) => Sender, location: string): Named {
  return { sender: create({ location }), location };
}

/** The outcomes of an application with these handlers. */
async function startApplication(handlers: readonly Handler[], name: FrontEndName) {
  const outcomes: Outcome[] = [];
  const app = express();
  app.get('/headers', (req, res) => void res.json(req.headers));
  for (const { path, sender, files } of handlers) {
    const handler = xsendfile(files.root, {
      sender,
      handshake: HANDSHAKE,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    app.use(`/-doctor${path}`, doctorProbe(handler, { secret: DOCTOR_SECRET }));
    app.use(path, (_req, res, next) => {
      // h2o drops them.
      if (name !== 'h2o') res.set({ 'Repr-Digest': DIGEST, 'X-App_Id': '7' });
      next();
    });
    app.use(path, handler);
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, app).listen(0, '127.0.0.1');
  running.push(server);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, outcomes };
}

/** What one server does with several handlers: in one configuration of its own, and in parts of the system's. */
export function describeSeveralHandlers(name: FrontEndName): void {
  describeWithPrograms(`createFrontEndConfig('${name}', { files })`, [name], () => {
    const handlers = createHandlers(name);
    let port: number;
    let outcomes: Outcome[];

    beforeAll(async () => {
      const application = await startApplication(handlers, name);
      ({ outcomes } = application);
      const frontEnd = await startFrontEnd(
        {
          ...generated(name),
          configure: ({ scratch, port: listen, backendPort, user }) =>
            createFrontEndConfig(name, {
              files: handlers.map(({ files }) => files),
              ...(name === 'h2o' ? {} : { passHeaders: PASSED }),
              handshake: HANDSHAKE,
              listen: `127.0.0.1:${listen}`,
              upstream: `http://127.0.0.1:${backendPort}`,
              ...{ scratch, user },
            }),
        },
        { root: base, backendPort: application.port, handshake: HANDSHAKE },
      );
      running.push(frontEnd);
      ({ port } = frontEnd);
    }, START_TIMEOUT_MS);

    it.each(handlers)('lets the server send the files of $path', async ({ path }) => {
      for (const file of NAMES) {
        outcomes.length = 0;
        const target = `${path}/${encodeURIComponent(file)}`;
        const { status, body, headers } = await rawRequest(port, { target });
        expect([status, String(body)]).toEqual([200, `${file} of ${path.slice(1)}`]);
        expect(outcomes).toMatchObject([{ kind: 'offloaded', sender: name }]);
        expect(headers['cache-control']).toBe('private, no-cache');
        if (name !== 'h2o') {
          expect(headers).toMatchObject({ 'repr-digest': DIGEST, 'x-app_id': '7' });
        }
      }
    });

    it('keeps the roots apart', async () => {
      const [a, b] = await Promise.all(
        ['/a', '/b'].map((path) => rawRequest(port, { target: `${path}/only-b.txt` })),
      );
      expect([a?.status, b?.status, String(b?.body)]).toEqual([404, 200, 'only in b']);
    });

    it.each(handlers)('shows the directory of $path to no client', async ({ files }) => {
      const { host, pathname } = new URL(
        files.location ?? encodeURI(files.root),
        'http://localhost',
      );
      for (const target of [`${pathname}a%20b.txt`, `${pathname}/a%20b.txt`, `${pathname}../`]) {
        const { status, raw } = await rawRequest(port, { target, headers: { Host: host } });
        expect([target, status]).toEqual([target, 404]);
        expect(String(raw)).not.toContain('a b.txt of');
      }
    });

    describe('with the doctor', () => {
      let diagnoses: ReadonlyMap<string, Diagnosis>;

      // Each takes seconds, in which it mostly waits.
      beforeAll(async () => {
        const examineAt = async (path: string): Promise<[string, Diagnosis]> => {
          const url = new URL(`http://127.0.0.1:${port}/-doctor${path}`);
          const options = { url, direct: undefined, secret: DOCTOR_SECRET };
          return [path, await examine({ ...options, now: Date.now, idleMs: 60_000 })];
        };
        diagnoses = new Map(await Promise.all(handlers.map(({ path }) => examineAt(path))));
      }, START_TIMEOUT_MS);

      it.each(handlers)('leaves nothing to find at $path', ({ path }) => {
        const { server, findings = [] } = diagnoses.get(path) ?? {};
        expect(server).toBe(name);
        expect(findings.filter(({ status }) => !['ok', 'skipped'].includes(status))).toEqual([]);
      });
    });
  });

  describeWithPrograms(`createFrontEndConfig('${name}', { standalone: false })`, [name], () => {
    if (name === 'lighttpd') {
      it('writes parts for other ports that can follow the one for port 80', () => {
        const scratch = mkdtempSync(join(base, 'lighttpd-parts-'));
        const parts = ['80', '8081', '[::1]:8082'].map((listen, index) => {
          const part = join(scratch, `part-${index}.conf`);
          const options = { root: '/srv/files', handshake: HANDSHAKE, listen, standalone: false };
          writeFileSync(part, createFrontEndConfig('lighttpd', options));
          return part;
        });
        const configFile = join(scratch, 'system.conf');
        writeFileSync(
          configFile,
          systemFile('lighttpd', { scratch, port: 80, user: undefined }, parts),
        );
        const args = CHECK.lighttpd(configFile, { scratch });
        expect(() => execFileSync(binaryOf('lighttpd'), args, { stdio: 'pipe' })).not.toThrow();
      });
    }

    it(
      'writes parts that can be included side by side',
      async () => {
        const handlers = createHandlers(name, SENDERS_OF_PARTS);
        const ports: number[] = [];
        // One application each, as they would be two sites.
        const applications = [
          await startApplication([handlers[0]], name),
          await startApplication([handlers[1]], name),
        ];
        const frontEnd = await startFrontEnd(
          {
            ...generated(name),
            configure: ({ scratch, port, user }) => {
              ports.splice(0, 2, port, port + 10_000);
              const parts = handlers.map(({ files }, index) => {
                const part = join(scratch, `part-${index}.conf`);
                const text = createFrontEndConfig(name, {
                  files: [files],
                  handshake: HANDSHAKE,
                  listen: `127.0.0.1:${ports[index]}`,
                  upstream: `http://127.0.0.1:${applications[index]?.port}`,
                  standalone: false,
                  scratch,
                });
                writeFileSync(part, text);
                return part;
              });
              const text = systemFile(name, { scratch, port: port + 20_000, user }, parts);
              const configFile = join(scratch, 'system.conf');
              writeFileSync(configFile, text);
              execFileSync(binaryOf(name), CHECK[name](configFile, { scratch }), { stdio: 'pipe' });
              return text;
            },
          },
          { root: base, backendPort: 0, handshake: HANDSHAKE },
        );
        running.push(frontEnd);
        for (const [index, { path }] of handlers.entries()) {
          const answer = await rawRequest(ports[index] ?? 0, { target: `${path}/a%20b.txt` });
          expect([answer.status, String(answer.body)]).toEqual([
            200,
            `a b.txt of ${path.slice(1)}`,
          ]);
          expect(applications[index]?.outcomes).toMatchObject([
            { kind: 'offloaded', sender: name },
          ]);
          for (const headers of claims) {
            const { body } = await rawRequest(ports[index] ?? 0, { target: '/headers', headers });
            const { connection, ...arrived } = JSON.parse(String(body));
            expect(JSON.stringify(arrived)).not.toContain(CLAIM);
            expect(arrived).toMatchObject({
              'x-forwarded-for': '127.0.0.1',
              'x-sendfile-handshake': HANDSHAKE,
            });
          }
          for (const headers of [{}, { 'Max-Forwards': '0' }]) {
            const trace = { method: 'TRACE', target: '/', headers };
            const { raw } = await rawRequest(ports[index] ?? 0, trace);
            expect(String(raw)).toMatch(/^HTTP/);
            expect(String(raw)).not.toMatch(/handshake|x-forwarded/i);
          }
        }
      },
      START_TIMEOUT_MS,
    );
  });
}
