import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFrontEndConfig } from '../../lib/frontends/index.js';
import { runCli } from '../cli/run-cli.js';
import { CHECK, generated } from '../frontends/generated.js';
import { systemFile } from '../frontends/parts.js';
import { eventually } from '../helpers/eventually.js';
import { startFrontEnd } from '../helpers/front-end-server.js';
import { binaryOf, describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';
import { createFiles, HANDSHAKE, startReportSite } from './site.js';

const scratch = createTree();
const REPORTS = 'udp://127.0.0.1:5140';

describe.each(['nginx', 'apache', 'lighttpd'] as const)(
  "createFrontEndConfig('%s', { reports })",
  (server) => {
    describeWithPrograms(`is accepted by ${server}`, [server], () => {
      function check(name: string, text: string): void {
        const configFile = join(scratch, `${server}-${name}.conf`);
        writeFileSync(configFile, text);
        const args = CHECK[server](configFile, { scratch });
        execFileSync(binaryOf(server), args, { stdio: 'pipe' });
      }

      it('as all that the server reads, for both address families', () => {
        for (const reports of [REPORTS, 'udp://[::1]:5140']) {
          const options = { root: '/srv/files', listen: '127.0.0.1:8080', scratch, reports };
          check('whole', createFrontEndConfig(server, options));
        }
      });

      it('as several parts of one configuration, next to its own access log', () => {
        const parts = ['127.0.0.1:8081', '127.0.0.1:8082'].map((listen, index) => {
          const part = join(scratch, `${server}-part-${index}.conf`);
          const text = createFrontEndConfig(server, {
            ...{ root: '/srv/files', listen, reports: REPORTS, standalone: false, scratch },
          });
          writeFileSync(part, text);
          return part;
        });
        const log = join(scratch, `${server}-log.conf`);
        mkdirSync(join(scratch, 'logs'), { recursive: true });
        writeFileSync(log, LOGS[server](join(scratch, 'logs/access.log')));
        check(
          'system',
          systemFile(server, { scratch, port: 8080, user: undefined }, [log, ...parts]),
        );
      });

      it('and reports as a part, while the other log goes on', async () => {
        let log = '';
        const site = await startReportSite(
          createFiles(),
          server,
          (_name, { root, backendPort, url }) =>
            startFrontEnd(
              {
                ...generated(server),
                configure: ({ scratch: place, port, handshake, user }) => {
                  log = join(place, 'own.log');
                  const own = join(place, 'own.conf');
                  writeFileSync(own, LOGS[server](log));
                  const part = join(place, 'part.conf');
                  const text = createFrontEndConfig(server, {
                    ...{ root, handshake, reports: url, standalone: false, scratch: place },
                    listen: `127.0.0.1:${port}`,
                    upstream: `http://127.0.0.1:${backendPort}`,
                  });
                  writeFileSync(part, text);
                  return systemFile(server, { scratch: place, port: port + 10_000, user }, [
                    own,
                    part,
                  ]);
                },
              },
              { root, backendPort, handshake: HANDSHAKE },
            ),
        );
        try {
          const { delivery, outcome } = await site.download({ target: '/a.txt' });
          expect(outcome.kind).toBe('offloaded');
          expect(delivery).toMatchObject({ status: 200, bytes: 5, complete: true });
          if (server === 'apache') {
            await eventually(() => readFileSync(log, 'utf8').includes('GET /a.txt'));
            expect(readFileSync(log, 'utf8')).toContain('GET /a.txt');
          }
        } finally {
          await site.stop();
        }
      }, 180_000);
    });
  },
);

const LOGS = {
  nginx: () => '',
  apache: (file: string) => `CustomLog "${file}" "%r"\n`,
  lighttpd: (file: string) =>
    `server.modules += ( "mod_accesslog" )\naccesslog.filename = "${file}"\n`,
};

describe('xsendfile config --reports', () => {
  it('prints what the function returns', async () => {
    const argv = ['config', 'nginx', '--root', '/srv/files', '--reports', REPORTS];
    const { exitCode, stdout } = await runCli(argv);
    expect([exitCode, stdout]).toEqual([
      0,
      createFrontEndConfig('nginx', { root: '/srv/files', reports: REPORTS }),
    ]);
    expect(stdout).toContain('access_log syslog:server=127.0.0.1:5140,');
  });

  it.each(['udp://0.0.0.0:5140', 'udp://127.0.0.1:0', '5140'])('refuses %s', async (reports) => {
    const argv = ['config', 'nginx', '--root', '/srv/files', '--reports', reports];
    const { exitCode, stderr } = await runCli(argv);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`reports must be`);
  });
});
