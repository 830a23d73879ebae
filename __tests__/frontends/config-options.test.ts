import { createFrontEndConfig, FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { h2oSender } from '../../lib/servers/h2o/sender.js';

describe('createFrontEndConfig(server, options)', () => {
  const root = '/srv/files';

  it.each<[title: string, run: () => unknown, message: RegExp]>([
    [
      'an unknown server',
      () => createFrontEndConfig('iis' as 'nginx', { root }),
      /server must be one of 'nginx', 'apache', .*, got "iis"/,
    ],
    [
      'an unknown option',
      () => createFrontEndConfig('nginx', { root, Root: '/' } as never),
      /unknown option "Root"\. Did you mean "root"\?/,
    ],
    [
      'a relative root',
      () => createFrontEndConfig('nginx', { root: 'files' }),
      /root must be an absolute path .*, got "files"\. Give the directory/,
    ],
    [
      'a root with a line feed',
      () => createFrontEndConfig('nginx', { root: '/srv/a\nb' }),
      /root must be an absolute path .* without control characters/,
    ],
    [
      'a root with dots',
      () => createFrontEndConfig('nginx', { root: '/srv/../etc' }),
      /in its shortest form/,
    ],
    [
      'the root of the file system',
      () => createFrontEndConfig('nginx', { root: '/' }),
      /other than "\/"/,
    ],
    [
      'a variable of the environment, with Caddy',
      () => createFrontEndConfig('caddy', { root: '/srv/{$HOME}' }),
      /cannot represent a string with "\{\$", got .* Choose another root/,
    ],
    [
      'a handshake that ends in a backslash, with lighttpd',
      () => createFrontEndConfig('lighttpd', { root, handshake: 'sixteen-letters-\\' }),
      /with a backslash at its end\. Choose another handshake/,
    ],
    [
      'a handshake that is an expression, with Apache',
      () => createFrontEndConfig('apache', { root, handshake: 'expr=sixteen-letters' }),
      /begins with "expr="/,
    ],
    [
      'a short handshake',
      () => createFrontEndConfig('nginx', { root, handshake: 'short' }),
      /handshake must be a secret of at least 16 .* openssl rand/,
    ],
    [
      'an upstream with a path',
      () => createFrontEndConfig('nginx', { root, upstream: 'http://127.0.0.1:3000/app' }),
      /upstream must be a URL with http:, host and port only/,
    ],
    [
      'an invalid port',
      () => createFrontEndConfig('nginx', { root, listen: '127.0.0.1:99999' }),
      /listen must be a port, or an address and a port/,
    ],
    [
      'a location for a server without',
      () => createFrontEndConfig('apache', { root, location: '/x/' }),
      /apache has no location, got "\/x\/"\. Leave it out/,
    ],
    [
      'a location with dots',
      () => createFrontEndConfig('nginx', { root, location: '/%2e%2e/' }),
      /location must be the path of an internal location/,
    ],
    [
      'a user that could be two lines',
      () => createFrontEndConfig('nginx', { root, user: 'a;\nb' }),
      /user must be a name of the system/,
    ],
    [
      'neither root nor files',
      () => createFrontEndConfig('nginx', {}),
      /^createFrontEndConfig: root must be an absolute path .*, got undefined/,
    ],
    [
      'files and root',
      () => createFrontEndConfig('nginx', { root, files: [{ root }] }),
      /^createFrontEndConfig: files and root are mutually exclusive, got the root "\/srv\/files"\. Put it into an element of files\.$/,
    ],
    [
      'files and location',
      () => createFrontEndConfig('nginx', { location: '/x/', files: [{ root }] }),
      /files and location are mutually exclusive, got the location "\/x\/"/,
    ],
    [
      'no files',
      () => createFrontEndConfig('nginx', { files: [] }),
      /files must be an array of at least one \{ root, location \}, got \[\]\.$/,
    ],
    [
      'files that are an object',
      () => createFrontEndConfig('nginx', { files: { root } } as never),
      /files must be an array of at least one .*, got \{"root":"\/srv\/files"\}/,
    ],
    [
      'files that are paths',
      () => createFrontEndConfig('nginx', { files: [root] } as never),
      /^createFrontEndConfig: files\[0\]: options must be an object, got a string/,
    ],
    [
      'an unknown option in files',
      () => createFrontEndConfig('nginx', { files: [{ root }, { root, Location: '/' }] } as never),
      /files\[1\]: unknown option "Location"\. Did you mean "location"\?/,
    ],
    [
      'a relative root in files',
      () => createFrontEndConfig('nginx', { files: [{ root: 'files' }] }),
      /^createFrontEndConfig: files\[0\]: root must be an absolute path .*, got "files"/,
    ],
    [
      'a relative frontendRoot',
      () => createFrontEndConfig('nginx', { files: [{ root, frontendRoot: 'files' }] }),
      /files\[0\]: frontendRoot must be an absolute path .*, got "files"/,
    ],
    [
      'one root twice',
      () =>
        createFrontEndConfig('nginx', {
          files: [
            { root, location: '/a/' },
            { root: '/srv/files/', location: '/b/' },
          ],
        }),
      /files must list each directory once, got "\/srv\/files" twice\. Give handlers with the same root the same location\.$/,
    ],
    [
      'two roots that the server sees as one',
      () =>
        createFrontEndConfig('apache', { files: [{ root: '/a', frontendRoot: root }, { root }] }),
      /files must list each directory once, got "\/srv\/files" twice/,
    ],
    ...(['/a', '/a/b/', '/%61/', '/a/b/c'] as const).map(
      (location): [string, () => unknown, RegExp] => [
        `the location ${location} beside /a/`,
        () =>
          createFrontEndConfig('caddy', {
            files: [
              { root, location },
              { root: '/srv/b', location: '/a/' },
            ],
          }),
        /files must have locations of which none contains another, got "\/.*" for "\/srv\/files" and "\/a\/" for "\/srv\/b"\. Give each root, and its sender, a separate location\.$/,
      ],
    ),
    ...(['nginx', 'caddy', 'h2o'] as const).map((server): [string, () => unknown, RegExp] => [
      `one default location for two roots, with ${server}`,
      () => createFrontEndConfig(server, { files: [{ root }, { root: '/srv/b' }] }),
      /files must have locations of which none contains another/,
    ]),
    [
      "a location on h2o's default host, which has all paths",
      () =>
        createFrontEndConfig('h2o', {
          files: [{ root }, { root: '/srv/b', location: 'http://FILES.internal:81/b/' }],
        }),
      /none contains another, got "http:\/\/files.internal:81\/" .* and "http:\/\/files.internal:81\/b\/"/,
    ],
    ...(['-a-/', '/a b/', '/ü/', '/a"/', ''] as const).map(
      (location): [string, () => unknown, RegExp] => [
        `the location ${JSON.stringify(location)} in files`,
        () => createFrontEndConfig('nginx', { files: [{ root, location }] }),
        /files\[0\]: location must be the path of an internal location, such as "\/-internal-\/", got "/,
      ],
    ),
    [
      'a location in files for a server without',
      () => createFrontEndConfig('lighttpd', { files: [{ root, location: '/x/' }] }),
      /files\[0\]: lighttpd has no location, got "\/x\/"\. Leave it out/,
    ],
    ...[
      [{}, /remotes must be an array of \{ origin \}/],
      [[{}], /remotes\[0\]: origin must be one of the origins of remoteRoot\(\)/],
      [[{ origin: 'https://a.example/' }], /remotes\[0\]: origin must be/],
      [[{ origin: 'ftp://a.example' }], /remotes\[0\]: origin must be/],
      [[{ origin: 'https://u@a.example' }], /remotes\[0\]: origin must be/],
      [[{ origin: 'https://a{b}.example' }], /remotes\[0\]: origin must be/],
      [[{ origin: 'https://a.example', location: '/' }], /remotes\[0\]: location must be/],
      [[{ origin: 'https://a.example', resolver: 'dns.example' }], /resolver must be the address/],
      [[{ origin: 'https://a.example', hideHeaders: ['a b'] }], /hideHeaders must be names/],
      [[{ origin: 'https://a.example', trustedCertificates: 'ca.pem' }], /trustedCertificates/],
      [[{ origin: 'https://a.example' }, { origin: 'https://a.example' }], /each origin once/],
    ].map(([remotes, message]): [string, () => unknown, RegExp] => [
      `the remotes ${JSON.stringify(remotes)}`,
      () => createFrontEndConfig('nginx', { remotes } as never),
      message as RegExp,
    ]),
    [
      'remotes for another server',
      () => createFrontEndConfig('caddy', { root, remotes: [{ origin: 'https://a.example' }] }),
      /remotes are for nginx only\. Leave them out/,
    ],
    [
      'a passed header that is no array',
      () => createFrontEndConfig('nginx', { root, passHeaders: 'Repr-Digest' } as never),
      /passHeaders must be an array of header names, such as \["Repr-Digest"\], got "Repr-Digest"/,
    ],
    ...['', 'a b', 'a:b', 'a;', 'a"', '$a', 'a\n', 'ü', 'a.b', '-a', 7].map(
      (name): [string, () => unknown, RegExp] => [
        `the passed header ${JSON.stringify(name)}`,
        () => createFrontEndConfig('caddy', { root, passHeaders: ['Link', name] } as never),
        /passHeaders must be names of response headers, .*, such as "Repr-Digest", got ["7]/,
      ],
    ),
    ...['X-Accel-Redirect', 'x-sendfile', 'X-Accel-Limit-Rate', 'X-Sendfile-Handshake'].map(
      (name): [string, () => unknown, RegExp] => [
        `the passed header ${name}`,
        () => createFrontEndConfig('nginx', { root, passHeaders: [name] }),
        /passHeaders must not have "X-.*", a control header, which clients must not see\. Leave it out\.$/i,
      ],
    ),
    ...['ETag', 'content-length', 'Transfer-Encoding', 'Date'].map(
      (name): [string, () => unknown, RegExp] => [
        `the passed header ${name}`,
        () => createFrontEndConfig('nginx', { root, passHeaders: [name] }),
        /passHeaders must not have ".*", which the server sets itself\. Leave it out\.$/,
      ],
    ),
    [
      'any passed header with h2o',
      () => createFrontEndConfig('h2o', { root, passHeaders: ['Repr-Digest'] }),
      /"Repr-Digest", which h2o cannot pass; use sender: 'serve' for files that need it\. Leave it out/,
    ],
    [
      'the passed header Content-Encoding with Apache',
      () => createFrontEndConfig('apache', { root, passHeaders: ['Content-Encoding'] }),
      /"Content-Encoding", which apache cannot pass/,
    ],
  ])('rejects %s', (_title, run, message) => {
    expect(run).toThrow(
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: expect.stringMatching(message),
      }),
    );
  });

  /** What would be more than a host in one server's language or another's. */
  const HOSTS = [
    '127.0.0.1;ip_hash;server',
    'a"b',
    "a'b",
    'a`b',
    'a{b}',
    '{$HOME}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Apache's.
    '${PATH}',
    '$host',
    'a,b',
    'a&b',
    'a!b',
    'a(b)',
    'a*b',
    '*',
    'a+b',
    'a=b',
    '-a',
    '.a',
    'a..b',
    'unix',
    '[::1',
    '[::1%25lo]',
    '[12345::1]',
    '1.2.3.4.5',
    '256.0.0.1',
    '',
  ];

  it.each(HOSTS)('rejects the host %j for every server', (host) => {
    const refused = (option: string) =>
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: expect.stringContaining(`${option} must be `),
      });
    for (const server of FRONT_END_SERVERS) {
      const upstream = `http://${host}:3000`;
      expect(() => createFrontEndConfig(server, { root, upstream })).toThrow(refused('upstream'));
      if (host === '*') continue;
      const listen = `${host}:8080`;
      expect(() => createFrontEndConfig(server, { root, listen })).toThrow(refused('listen'));
    }
    const location = `http://${host}:81/`;
    expect(() => createFrontEndConfig('h2o', { root, location })).toThrow(refused('location'));
    expect(() => h2oSender({ location })).toThrow(refused('location'));
  });

  it.each(['localhost', 'app_1.internal-net', '3com.example', '10.0.0.1', '[fd00::1:2]'])(
    'accepts the host %j',
    (host) => {
      for (const server of FRONT_END_SERVERS) {
        const text = createFrontEndConfig(server, { root, upstream: `http://${host}:3000` });
        expect(text).toContain(server === 'lighttpd' ? host.replace(/[[\]]/g, '') : `${host}:3000`);
      }
      expect(createFrontEndConfig('h2o', { root, location: `http://${host}:81/` })).toContain(
        `"${host}:81":`,
      );
    },
  );

  /** Strings that a careless option would carry into a line of its own, or out of its quotes. */
  it.each(['user', 'group'] as const)('rejects a %s that is more than a name', (option) => {
    for (const name of ['a b', 'a;b', 'a"b', 'a#b', 'a{', '$a', '-a', 'a\n', '']) {
      for (const server of FRONT_END_SERVERS) {
        expect(() => createFrontEndConfig(server, { root, [option]: name })).toThrow(
          expect.objectContaining({ message: expect.stringContaining(`${option} must be a name`) }),
        );
      }
    }
  });

  it("defines a variable for a dollar sign in the directory of Apache's modules", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Apache's.
    const text = createFrontEndConfig('apache', { root, modules: '/opt/${PATH}' });
    expect(text).toContain('Define XSENDFILE_DOLLAR $\n');
  });

  it.each(FRONT_END_SERVERS)('%s: has one root as root or as files', (server) => {
    const text = createFrontEndConfig(server, { root, handshake: 'sixteen-letters!' });
    const rest = { handshake: 'sixteen-letters!', passHeaders: [] };
    expect(createFrontEndConfig(server, { files: [{ root }], ...rest })).toBe(text);
    const files = [{ root: '/app/data', frontendRoot: root }];
    expect(createFrontEndConfig(server, { files, ...rest })).toBe(text);
  });

  it.each(['standalone', 'part'])('nginx: writes one server and one upstream as %s', (kind) => {
    const text = createFrontEndConfig('nginx', {
      files: [
        { root: '/srv/a', location: '/-a-/' },
        { root: '/srv/b', location: '/-b-' },
      ],
      standalone: kind === 'standalone',
    });
    expect(
      text.match(/^ *(?:upstream|server|location) .*\{$/gm)?.map((line) => line.trim()),
    ).toEqual([
      expect.stringMatching(/^upstream xsendfile_/),
      'server {',
      'location / {',
      'location ^~ /-a-/ {',
      'location ^~ /-b-/ {',
    ]);
    expect(text).toContain("nginxSender({ location: '/-b-/' })");
    expect(text).toContain('# client_max_body_size 100m;');
  });

  it('nginx: names the upstream of a part after its addresses', () => {
    const listen = '[::1]:8080';
    const upstream = 'http://[fd00::1]:3000';
    const text = createFrontEndConfig('nginx', { root, listen, upstream, standalone: false });
    expect(text).toContain('upstream xsendfile__1__8080__fd00_1_3000 {');
    expect(text).toContain('proxy_pass http://xsendfile__1__8080__fd00_1_3000;');
  });

  it('nginx: adds each passed header once, and none that it passes anyway', () => {
    const passHeaders = [
      'Repr-Digest',
      'X-App_Id',
      'repr-digest',
      'LINK',
      'Content-Type',
      'Expires',
    ];
    const text = createFrontEndConfig('nginx', { root, passHeaders });
    const plain = createFrontEndConfig('nginx', { root });
    const lines = (config: string) => config.split('\n').filter((line) => /add_header/.test(line));
    expect(
      lines(text)
        .slice(lines(plain).length)
        .map((line) => line.trim()),
    ).toEqual([
      'add_header repr-digest $upstream_http_repr_digest;',
      'add_header X-App_Id $upstream_http_x_app_id;',
    ]);
  });

  it.each(['apache', 'lighttpd', 'caddy'] as const)('%s: passes headers anyway', (server) => {
    const passHeaders = ['Repr-Digest', 'Link', 'Content-Type'];
    expect(createFrontEndConfig(server, { root, passHeaders })).toBe(
      createFrontEndConfig(server, { root }),
    );
  });

  it.each(FRONT_END_SERVERS)(
    '%s: shows neither secret nor root in another place than its own',
    (name) => {
      const secret = 'a-secret-of-enough-characters';
      const text = createFrontEndConfig(name, { root, handshake: secret });
      const lines = text.split('\n').filter((line) => line.includes(secret));
      const own = lines.filter((line) => /X-Sendfile-(?:Handshake|Config)\b/.test(line));
      expect(lines).toHaveLength(name === 'nginx' ? 2 : 1);
      expect(own).toEqual(lines);
      expect(text.split(secret)).toHaveLength(lines.length + 1);
    },
  );
});
