import {
  formatHost,
  formatReportAddress,
  parseReportAddress,
} from '../../lib/servers/config/report-address.js';
import { formatReportLine, parseReportLine } from '../../lib/servers/config/report-line.js';
import { Option } from '../../lib/shared/option-reader.js';

const ID = 'abcdefghij-KLMNOPQR_01';
const parse = (line: string) => parseReportLine(Buffer.from(line, 'latin1'));
const REST = 'status=206 bytes=5 end=OK range=bytes 2-6/10';
const REPORT = {
  downloadId: ID,
  status: 206,
  bytes: 5,
  length: undefined,
  isComplete: true,
  range: { start: 2, end: 6 },
};

describe('formatReportLine(fields)', () => {
  it('has the fields in the order in which they are read', () => {
    const fields = {
      range: 'r',
      end: 'e',
      sent: 's',
      length: 'l',
      bytes: 'b',
      status: 't',
      id: 'i',
    };
    expect(formatReportLine(fields)).toBe(
      'xsendfile-delivery id=i status=t bytes=b length=l sent=s end=e range=r',
    );
  });
});

describe('parseReportLine(datagram)', () => {
  it.each<[line: string, changed: object]>([
    [`xsendfile-delivery id=${ID} ${REST}`, {}],
    [`<190>Nov 26 07:42:36 xsendfile: xsendfile-delivery id=${ID} ${REST}\n`, {}],
    [`<190>xsendfile:xsendfile-delivery id=${ID} ${REST}`, {}],
    [
      `xsendfile-delivery id=${ID} status=200 bytes=5 length=5 end=OK range=-`,
      { status: 200, length: 5, range: undefined },
    ],
    [
      `xsendfile-delivery id=${ID} status=200 bytes=- length=- end=X range=`,
      { status: 200, bytes: 0, isComplete: false, range: undefined },
    ],
    [
      `xsendfile-delivery id=${ID} status=200 bytes=5 sent=3 end= range=-`,
      { status: 200, bytes: 3, isComplete: false, range: undefined },
    ],
    [
      `xsendfile-delivery id=${ID} status=200 bytes=5 sent=300 end=X range=-`,
      { status: 200, isComplete: false, range: undefined },
    ],
    [`xsendfile-delivery id=${ID} status=206 bytes=5 sent=3 end=+ range=bytes 2-6/10`, {}],
    [`xsendfile-delivery id=${ID} status=206 bytes=5 end=- range=bytes 2-6/10`, {}],
    [
      `xsendfile-delivery id=${ID} status=206 bytes=5 end=OK range=${'x'.repeat(100)}`,
      { range: undefined },
    ],
    [
      `xsendfile-delivery id=${ID} status=206 bytes=123456789012345 length=123456789012345 end=OK range=bytes 123456789012345-123456789012346/*`,
      {
        bytes: 123456789012345,
        length: 123456789012345,
        range: { start: 123456789012345, end: 123456789012346 },
      },
    ],
    [
      `xsendfile-delivery id=${ID} status=206 bytes=5 end=OK range=x bytes 2-6/10`,
      { range: undefined },
    ],
    [
      `xsendfile-delivery id=${ID} status=206 bytes=5 end=OK range=bytes 2-1234567890123456/*`,
      { range: undefined },
    ],
  ])('reads %j', (line, changed) => {
    expect(parse(line)).toEqual({ ...REPORT, ...changed });
  });

  it('tells a response that is not a download from one that is', () => {
    expect(parse('xsendfile-delivery id=- status=200 bytes=5 end=OK range=-')).toBe('other');
  });

  it.each([
    '',
    `xxsendfile-delivery id=${ID} ${REST}`,
    `\x07: xsendfile-delivery id=${ID} ${REST}`,
    `xsendfile-delivery id=${ID}x ${REST}`,
    `xsendfile-delivery id=${ID.slice(1)} ${REST}`,
    `xsendfile-delivery id=-- ${REST}`,
    `xsendfile-delivery id=${ID} status=20 bytes=5 end=OK range=-`,
    `xsendfile-delivery id=${ID} status=2000 bytes=5 end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes= end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=1234567890123456 end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 length= end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 length=1234567890123456 end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 sent=- end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 sent= end=OK range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 end=O range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 end=++ range=-`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 end=OK range=${'x'.repeat(101)}`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 end=OK range=é`,
    `xsendfile-delivery id=${ID} status=200 bytes=5 end=OK`,
    `xsendfile-delivery id=${ID} status=200 end=OK range=-`,
  ])('refuses %j', (line) => {
    expect(parse(line)).toBeUndefined();
  });

  it('reads up to 1024 bytes', () => {
    const line = `: xsendfile-delivery id=${ID} ${REST}`;
    expect(parse(line.padStart(1024, 'x'))).toEqual(REPORT);
    expect(parse(line.padStart(1025, 'x'))).toBeUndefined();
  });
});

describe('parseReportAddress(url)', () => {
  const option = new Option('f', 'reports');

  it.each([
    ['udp://127.0.0.1:5140', '127.0.0.1', 5140],
    ['UDP://127.9.8.7:1/', '127.9.8.7', 1],
    ['udp://[::1]:65535', '::1', 65_535],
    ['udp://[0:0:0:0:0:0:0:1]:5140', '0:0:0:0:0:0:0:1', 5140],
  ])('reads %j', (url, host, port) => {
    expect(parseReportAddress(url, option)).toEqual({ host, port });
  });

  it('accepts port 0 only for an application, whose system may select one', () => {
    expect(parseReportAddress('udp://[::1]:0', option, 0)).toEqual({ host: '::1', port: 0 });
    expect(() => parseReportAddress('udp://[::1]:0', option)).toThrow('must be a URL');
  });

  const FIX = 'Use "udp://127.0.0.1:5140" or "udp://[::1]:5140".';
  const URL_ONLY = 'must be a URL with udp:, an address of the loopback and a port';
  const LOOPBACK_ONLY =
    'must be on the loopback, because reports are neither encrypted nor authenticated';
  it.each<[url: unknown, shown: string, problem: string]>([
    ['xudp://127.0.0.1:5140', '"xudp://127.0.0.1:5140"', URL_ONLY],
    ['udp://127.0.0.1:5140/x', '"udp://127.0.0.1:5140/x"', URL_ONLY],
    ['udp://127.0.0.1:65536', '"udp://127.0.0.1:65536"', URL_ONLY],
    ['udp://127.0.0.1:051401', '"udp://127.0.0.1:051401"', URL_ONLY],
    ['udp://127.0.0.1:', '"udp://127.0.0.1:"', URL_ONLY],
    ['udp://127.0.0.256:1', '"udp://127.0.0.256:1"', URL_ONLY],
    ['udp://[]:1', '"udp://[]:1"', URL_ONLY],
    ['udp://::1:1', '"udp://::1:1"', URL_ONLY],
    ['udp://[:::]:1', '"udp://[:::]:1"', URL_ONLY],
    [5140, '5140', URL_ONLY],
    [undefined, 'undefined', URL_ONLY],
    ['udp://12.127.0.1:5140', '"udp://12.127.0.1:5140"', LOOPBACK_ONLY],
    ['udp://[::2]:5140', '"udp://[::2]:5140"', LOOPBACK_ONLY],
  ])('refuses %j', (url, shown, problem) => {
    expect(() => parseReportAddress(url, option)).toThrow(
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: `f: reports ${problem}, got ${shown}. ${FIX}`,
      }),
    );
  });

  it('reads what formatReportAddress() writes', () => {
    for (const host of ['127.0.0.1', '::1']) {
      const address = { host, port: 5140 };
      expect(parseReportAddress(formatReportAddress(address), option)).toEqual(address);
    }
    expect([formatHost('127.0.0.1'), formatHost('::1')]).toEqual(['127.0.0.1', '[::1]']);
  });
});
