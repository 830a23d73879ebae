/** A way around a guard, or to what nobody should have, that was found in the file serving of others. */
export interface Bypass {
  readonly whose: string;
  readonly what: string;
  readonly link: string;
  /** Targets that led to {@link GUARDED} or outside, for files at `/files`, guarded at `/files/private`. */
  readonly targets: readonly string[];
}

/** The guarded file, below the root. */
export const GUARDED = 'private/secret.txt';

const H3_ADVISORIES = 'https://github.com/h3js/h3/security/advisories';
const cve = (id: string): string => `https://nvd.nist.gov/vuln/detail/CVE-${id}`;

export const BYPASSES: readonly Bypass[] = [
  {
    whose: '@hono/node-server',
    what: 'an encoded slash is decoded after the guard has matched the path',
    link: cve('2026-29087'),
    targets: [
      '/files%2Fprivate/secret.txt',
      '/files/private%2Fsecret.txt',
      '/files%2fprivate%2fsecret.txt',
    ],
  },
  {
    whose: '@hono/node-server',
    what: 'doubled slashes do not match the guard, but name the file',
    link: cve('2026-39406'),
    targets: [
      '//files/private/secret.txt',
      '/files//private/secret.txt',
      '/files///private//secret.txt',
    ],
  },
  {
    whose: '@fastify/static',
    what: 'an encoded separator is decoded after the route of the guard was matched',
    link: cve('2026-6414'),
    targets: [
      '/files/private%2Fsecret.txt',
      '/files/private%5Csecret.txt',
      '/files/%70rivate/secret.txt',
    ],
  },
  {
    whose: '@fastify/static',
    what: 'dot segments after the prefix was cut',
    link: cve('2026-15074'),
    targets: [
      '/files/public.txt%2F..%2Fprivate%2Fsecret.txt',
      '/files/x/%2e%2e/private/secret.txt',
      '/files../outside.txt',
      '/files/..%2foutside.txt',
    ],
  },
  {
    whose: '@fastify/static',
    what: 'a dot or a doubled slash hides the route of the guard',
    link: 'https://github.com/fastify/fastify-static/security/advisories/GHSA-423g-23ch-w7c6',
    targets: [
      '/files/./private/secret.txt',
      '/files/%2e/private/secret.txt',
      '/files//private/secret.txt',
    ],
  },
  {
    whose: '@fastify/static',
    what: 'the function that allows paths gets the raw one',
    link: cve('2026-7120'),
    targets: ['/files/./private/secret.txt', '/files//private/secret.txt'],
  },
  {
    whose: 'h3',
    what: 'a doubled slash does not match the guard, but a route with a wildcard',
    link: H3_ADVISORIES,
    targets: ['//files/private/secret.txt', '//private/secret.txt', '//files//private/secret.txt'],
  },
  {
    whose: 'h3',
    what: 'dots that are encoded twice are resolved after the guard has matched the path',
    link: H3_ADVISORIES,
    targets: ['/files/x/%252e%252e/private/secret.txt', '/files/%252e%252e/outside.txt'],
  },
  {
    whose: 'h3',
    what: 'a backslash becomes a slash after the guard has matched the path',
    link: H3_ADVISORIES,
    targets: [
      '/files/%5cprivate%5csecret.txt',
      '/files/x%5c..%5cprivate%5csecret.txt',
      '/files%5cprivate%5csecret.txt',
      '/files\\private\\secret.txt',
    ],
  },
  {
    whose: 'Caddy',
    what: 'an encoded slash hides a parent from the matcher',
    link: 'https://github.com/caddyserver/caddy/issues/7941',
    targets: ['/files/public/..%2fprivate/secret.txt', '/public/..%2ffiles/private/secret.txt'],
  },
  {
    whose: 'Rack::Static',
    what: 'rules compare the encoded path, the file has the decoded one',
    link: cve('2026-34786'),
    targets: [
      '/files/private/secret%2etxt',
      '/files/%70%72ivate/secret.txt',
      '/%66iles/private/secret.txt',
    ],
  },
  {
    whose: 'Rack::Static',
    what: 'a prefix without a slash at its end also matches its siblings',
    link: cve('2026-34785'),
    targets: ['/files-private/secret.txt', '/files.private/secret.txt', '/filesprivate/secret.txt'],
  },
];

/** Requests whose headers made a server send another file, or name it to the client. */
export const HEADER_BYPASSES: readonly (Omit<Bypass, 'targets'> & {
  readonly headers: Readonly<Record<string, string>>;
})[] = [
  {
    whose: 'Rack::Sendfile',
    what: 'the client chooses the control header',
    link: cve('2025-61780'),
    headers: { 'X-Sendfile-Type': 'X-Accel-Redirect', 'X-Accel-Mapping': '/=/private/' },
  },
  {
    whose: 'Rack::Sendfile',
    what: 'the mapping of a request is used as a pattern',
    link: cve('2026-34830'),
    headers: { 'X-Sendfile-Type': 'x-accel-redirect', 'X-Accel-Mapping': '.*=/private/secret.txt' },
  },
  {
    whose: 'Plack::Middleware::XSendfile',
    what: 'the client chooses the control header',
    link: cve('2026-7381'),
    headers: { 'X-Sendfile-Type': 'X-Sendfile', 'X-Accel-Mapping': '/srv=/private' },
  },
];

/** Rack multiplied the file by ranges that overlap. */
export const MANY_RANGES = {
  link: cve('2026-34826'),
  headers: { Range: `bytes=${Array.from({ length: 400 }, () => '0-').join(',')}` },
};
