import express from 'express';
import { authToken, createUrlSigner, type LinkClaims, type TokenOptions } from '../../lib/index.js';
import { type FrontEnd, type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createFiles, TEN } from './files.js';
import { encodePath, LINK_SECRET } from './links.js';
import { contentOf, isUrlLegal, names } from './names.js';

const START_TIMEOUT_MS = 180_000;
const legalNames = names.filter(({ name }) => isUrlLegal(name));

/** One way to make links that the server is configured for. */
export interface Variant {
  readonly title: string;
  /** Where the server checks such links; decoded, without the slash at the end. */
  readonly mountPath: string;
  readonly options: TokenOptions;
  readonly claims?: LinkClaims;
}

/** A link, and the statuses of the responses to it; the file is sent with 200 only. */
interface LinkCase {
  readonly what: string;
  readonly target: () => string;
  readonly status: readonly [server: number, handler: number];
}

/** A scheme whose links the server checks on its own, without an application behind it. */
export interface NativeScheme<V extends Variant> {
  readonly title: string;
  readonly frontEnd: FrontEnd;
  readonly variants: readonly V[];
  /** A link to a path with its slash, made as the server's documentation says. */
  readonly documentedLink: (variant: V, path: string) => string;
  /** Links to the file `ten.txt`, good and bad. */
  readonly cases: readonly LinkCase[];
}

/** Asks the server and `authToken()`, in this order. */
export type AskBoth = (
  target: string,
  details?: Omit<RawRequest, 'target'>,
) => Promise<readonly [server: RawResponse, handler: RawResponse]>;

/** A link that the package signs, at a time so many seconds from now. */
export function signLink({ mountPath, options, claims }: Variant, path: string, seconds = 0) {
  const now = () => Date.now() + seconds * 1000;
  const link = createUrlSigner(LINK_SECRET, { ...options, now }).sign(path, claims);
  return `${encodePath(mountPath)}${link}`;
}

/**
 * Compares the server with `authToken()`, which has to accept the same links.
 *
 * @param describeMore - tests of this scheme only, for each variant.
 */
export function describeNativeScheme<V extends Variant>(
  { title, frontEnd, variants, documentedLink, cases }: NativeScheme<V>,
  describeMore: (variant: V, askBoth: AskBoth) => void = () => {},
): void {
  describeWithPrograms(title, [frontEnd.name], () => {
    const files = createFiles();
    let server: RunningFrontEnd | undefined;
    let port: number;

    beforeAll(async () => {
      const { root } = files;
      server = await startFrontEnd(frontEnd, { root, backendPort: 0, handshake: '' });
      const app = express();
      for (const { mountPath, options } of variants) {
        const own = { sender: 'serve', dotfiles: 'allow' } as const;
        app.use(encodePath(mountPath), authToken(LINK_SECRET, root, { ...options, ...own }));
      }
      port = await listen(app);
    }, START_TIMEOUT_MS);

    afterAll(async () => {
      await server?.stop();
      files.remove();
    });

    const askBoth: AskBoth = async (target, details) => {
      if (server === undefined) throw new Error(`${frontEnd.name} is not running`);
      const request = { ...details, target };
      return [await rawRequest(server.port, request), await rawRequest(port, request)];
    };

    describe.each(variants)('$title', (variant) => {
      it.each(legalNames)('accepts our link to a file with $what in its name', async ({ name }) => {
        const [reply] = await askBoth(signLink(variant, `names/${name}`));
        expect(reply.status).toBe(200);
        expect(reply.body.equals(contentOf(name))).toBe(true);
      });

      it.each(legalNames)(
        'makes a link that authToken() accepts, to a file with $what in its name',
        async ({ name }) => {
          for (const reply of await askBoth(documentedLink(variant, `/names/${name}`))) {
            expect(reply.status).toBe(200);
            expect(reply.body.equals(contentOf(name))).toBe(true);
          }
        },
      );

      it('accepts a link for HEAD, and for a part of the file', async () => {
        const target = signLink(variant, 'ten.txt');
        for (const { status, headers } of await askBoth(target, { method: 'HEAD' })) {
          expect([status, headers['content-length']]).toEqual([200, '10']);
        }
        for (const { status, body } of await askBoth(target, { headers: { Range: 'bytes=2-4' } })) {
          expect([status, String(body)]).toEqual([206, '234']);
        }
      });

      it('answers 410 for our link an hour after it was made', async () => {
        const replies = await askBoth(signLink(variant, 'ten.txt', -3600));
        expect(replies.map(({ status }) => status)).toEqual([410, 410]);
      });

      describeMore(variant, askBoth);
    });

    it.each(cases)('and authToken() answer $what with $status', async ({ target, status }) => {
      const replies = await askBoth(target());
      expect(replies.map((reply) => reply.status)).toEqual(status);
      for (const reply of replies) {
        expect(reply.body.equals(TEN)).toBe(reply.status === 200);
      }
    });
  });
}
