import { describeAnswer, frontEndOf } from '../../lib/doctor/examiner/answers.js';
import type { Answer } from '../../lib/doctor/examiner/client.js';
import type { Diagnosis } from '../../lib/doctor/examiner/examine.js';
import { formatDiagnosis, isHealthy, toJsonReport } from '../../lib/doctor/examiner/format.js';

const URL = 'http://example.com/-doctor';
const diagnosisOf = (changes: object = {}): Diagnosis =>
  ({ server: undefined, sender: undefined, findings: [], ...changes }) as unknown as Diagnosis;
const FAILED = {
  check: 'head',
  status: 'failed',
  message: 'is\u001b[2J refused',
  diagnosis: 'head-broken',
  fix: 'Pass it on.',
} as const;

describe('formatDiagnosis(diagnosis, url, isColoured)', () => {
  it('says what is not known', () => {
    expect(formatDiagnosis(diagnosisOf(), URL, false)).toBe(
      `${URL}: front end unknown, sender unknown\n\n\nAll is well.\n`,
    );
  });

  it('has the fix below each line, and nothing that a terminal would interpret', () => {
    const findings = [{ check: 'range', status: 'ok', message: 'works' }, FAILED];
    expect(formatDiagnosis(diagnosisOf({ findings }), URL, false)).toMatch(
      /\nok {7}range \(206\) +works\nfailed {3}HEAD +\[head-broken\] is\uFFFD\[2J refused\n {9}Fix: Pass it on\.\n\n1 check has failed\.\n\nWhat to do:\n1\. Pass it on\.\n$/,
    );
    expect(formatDiagnosis(diagnosisOf({ findings: [FAILED, FAILED] }), URL, false)).toMatch(
      /\n2 checks have failed\.\n/,
    );
  });

  it('ends with each fix once, those of failed checks first', () => {
    const warning = { ...FAILED, check: 'target', status: 'warning', fix: 'Turn\u001b it off.' };
    const skipped = { check: 'long', status: 'skipped', message: 'needs what has failed above' };
    const range = { ...FAILED, check: 'range', fix: 'Update the server.' };
    const findings = [warning, FAILED, skipped, range, { ...FAILED, check: 'written' }];
    const text = formatDiagnosis(diagnosisOf({ findings }), URL, false);
    expect(text.split('\nWhat to do:\n')[1]).toBe(
      '1. Pass it on.\n2. Update the server.\n3. Turn\uFFFD it off.\n',
    );
  });

  it('has nothing to do if there is nothing to fix', () => {
    const findings = [{ check: 'range', status: 'ok', message: 'works' }];
    expect(formatDiagnosis(diagnosisOf({ findings }), URL, false)).toMatch(/\nAll is well\.\n$/);
  });

  it.each([
    ['ok', 32],
    ['failed', 31],
    ['warning', 33],
    ['skipped', 90],
  ])('has a colour for %s', (status, code) => {
    const text = formatDiagnosis(diagnosisOf({ findings: [{ ...FAILED, status }] }), URL, true);
    expect(text).toContain(`\u001b[${code}m${status.padEnd(7)}\u001b[0m`);
  });
});

it('isHealthy(diagnosis) is false only if a check has failed', () => {
  const warning = { ...FAILED, status: 'warning' };
  expect(isHealthy(diagnosisOf({ findings: [warning] }))).toBe(true);
  expect(isHealthy(diagnosisOf({ findings: [warning, FAILED] }))).toBe(false);
});

it('toJsonReport(diagnosis, url) has a title for each check, and the fix', () => {
  expect(toJsonReport(diagnosisOf({ server: 'nginx', findings: [FAILED] }), URL)).toEqual({
    url: URL,
    healthy: false,
    server: 'nginx',
    sender: undefined,
    checks: [{ ...FAILED, title: 'HEAD' }],
  });
});

describe('an answer', () => {
  const answer = (changes: object): Answer =>
    ({ status: 200, headers: {}, body: Buffer.from('12345'), ...changes }) as Answer;

  it.each<[object, string]>([
    [{}, 'status 200 with 5 bytes'],
    [{ broken: 'reset' }, 'status 200 with 5 bytes, then reset'],
    [{ status: 0, broken: 'refused' }, 'no response (refused)'],
  ])('%j in words', (changes, expected) => {
    expect(describeAnswer(answer(changes))).toBe(expected);
  });

  it.each<[string | undefined, string | undefined]>([
    ['nginx/1.22.1', 'nginx'],
    ['Apache/2.4', 'apache'],
    ['lighttpd/1.4', 'lighttpd'],
    ['Caddy', 'caddy'],
    ['h2o/2.2', 'h2o'],
    ['other', undefined],
    [undefined, undefined],
  ])('with the header Server: %s is of %s', (server, expected) => {
    const headers = server === undefined ? {} : { server: [server] };
    expect(frontEndOf(answer({ headers }))).toBe(expected);
  });
});
