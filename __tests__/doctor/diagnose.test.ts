import type { Answer } from '../../lib/doctor/examiner/client.js';
import { diagnose } from '../../lib/doctor/examiner/diagnose.js';
import { DIAGNOSES, type DiagnosisCode } from '../../lib/doctor/examiner/diagnoses.js';
import type { Examination } from '../../lib/doctor/examiner/findings.js';
import type { Fetched } from '../../lib/doctor/examiner/session.js';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { DOCTOR_PARTS } from '../../lib/servers/fixes.js';

const answer: Answer = {
  status: 404,
  headers: { 'x-accel-redirect': ['/-internal-/run/plain.txt'] },
  body: Buffer.from('Not found'),
  broken: undefined,
  localPort: 1,
  isReused: false,
};
const fetched: Fetched = { answer, account: undefined, strays: [] };

function examinationOf(server: Examination['server']): Examination {
  return {
    session: undefined as never,
    opened: { root: '/srv/files', directory: 'run', missing: [], closedTo: '/srv' },
    server,
    isDirect: false,
    plain: fetched,
    forced: fetched,
    settled: async () => undefined,
  };
}

describe('diagnose(code, examination, evidence)', () => {
  const codes = Object.keys(DIAGNOSES) as DiagnosisCode[];

  it.each(codes)('fills in everything: %s', (code) => {
    for (const server of [...FRONT_END_SERVERS, undefined]) {
      const { message, fix } = diagnose(code, examinationOf(server), { fetched, list: ['one'] });
      expect(`${message}\n${fix}`).not.toMatch(/undefined|\{\w+\}/);
      expect(fix).toMatch(/[.>']$/);
    }
  });

  it('says what was seen after what it means', () => {
    expect(diagnose('no-ranges', examinationOf('nginx'), { fetched })).toEqual({
      status: 'failed',
      message:
        'ranges are not honoured, so downloads cannot be resumed (status 404 with 9 bytes, Content-Range missing)',
      diagnosis: 'no-ranges',
      fix: 'Let every proxy pass Range and Content-Range, switch compression off for downloads, and remove "max_ranges 0;" (nginx).',
    });
  });

  it('shows the list of what went wrong, or the response', () => {
    const nginx = examinationOf('nginx');
    const { means } = DIAGNOSES['wrong-encoding'];
    expect(diagnose('wrong-encoding', nginx, { list: ['one', 'two'] }).message).toBe(
      `${means} (one, two)`,
    );
    expect(diagnose('wrong-encoding', nginx, { fetched }).message).toBe(
      `${means} (status 404 with 9 bytes)`,
    );
    expect(diagnose('wrong-encoding', nginx).message).toBe(means);
  });

  it('gives the fix of the server, and a general one for others', () => {
    const { fix } = DIAGNOSES['path-changed'];
    expect(diagnose('path-changed', examinationOf('caddy')).fix).toBe(
      DOCTOR_PARTS.caddy.fixes['path-changed'],
    );
    expect(diagnose('path-changed', examinationOf('h2o')).fix).toBe(fix);
    expect(diagnose('path-changed', examinationOf(undefined)).fix).toBe(fix);
  });

  it('knows a fix of a server only for diagnoses that exist', () => {
    const codes = Object.values(DOCTOR_PARTS).flatMap(({ fixes }) => Object.keys(fixes));
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !(code in DIAGNOSES))).toEqual([]);
  });

  it('warns of what works, but should be known', () => {
    expect(diagnose('no-keep-alive', examinationOf('nginx')).status).toBe('warning');
  });
});
