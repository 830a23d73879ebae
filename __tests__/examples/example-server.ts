import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { builtPackage } from '../helpers/built-package.js';
import { type RawResponse, rawRequest } from '../helpers/raw-request.js';

const PATIENCE_MS = 60_000;

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Fields of a form. */
  readonly form?: Record<string, string>;
}

/** An example that runs as a program of its own, as a user would start it. */
export class ExampleServer {
  /** What it has printed so far. */
  output = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #url = '';

  private constructor(script: string, env: Record<string, string>) {
    this.#child = spawn(process.execPath, [script], {
      cwd: builtPackage(),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** Resolves when it has printed where it is. */
  static async start(script: string, env: Record<string, string>): Promise<ExampleServer> {
    const server = new ExampleServer(script, env);
    const [, url] = await server.waitFor(/(http:\/\/localhost:\d+)\//);
    server.#url = String(url);
    return server;
  }

  /** Runs an example that is expected to end by itself. */
  static async run(script: string, env: Record<string, string>): Promise<ExampleServer> {
    const server = new ExampleServer(script, env);
    await server.#exit;
    return server;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(20)) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.exitCode !== null) break;
    }
    throw new Error(`${pattern} was not printed, but:\n${this.output}`);
  }

  /** Ends it as a service manager would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.exitCode === null) this.#child.kill(signal);
    await this.#exit;
    return this.exitCode;
  }

  /** The path is sent as it is; no redirect is followed. */
  request(path: string, options: RequestOptions = {}): Promise<RawResponse> {
    const { form, headers = {} } = options;
    const body = form && new URLSearchParams(form).toString();
    const method = options.method ?? (form ? 'POST' : 'GET');
    const type = form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {};
    return rawRequest(this.port, {
      ...{ target: path, method, headers: { ...type, ...headers } },
      ...(body !== undefined && { body }),
    });
  }

  /** Asks for a file, and again with the ETag of the response; returns the second response. */
  async revalidate(path: string, headers: Record<string, string>): Promise<RawResponse> {
    const ask = async (): Promise<RawResponse> => {
      const { etag = '' } = (await this.request(path, { headers })).headers;
      return this.request(path, { headers: { ...headers, 'If-None-Match': etag } });
    };
    const response = await ask();
    // Between the two the ETag may change, once: when the file is two seconds old.
    return response.status === 304 ? response : ask();
  }

  /** Headers that belong to a new session of that user. */
  async logIn(name: string, password: string): Promise<{ Cookie: string }> {
    const { status, headers } = await this.post('/login', { name, password });
    if (status !== 303) throw new Error(`${name} was not let in.`);
    return cookieOf(headers);
  }

  /** Sends a form as its page would: in a session, a new one by default, and with its token. */
  async post(
    path: string,
    form: Record<string, string>,
    session?: { Cookie: string },
  ): Promise<RawResponse> {
    const page = await this.request(session ? '/' : '/login', {
      ...(session && { headers: session }),
    });
    const [, token = ''] = /name="_csrf" value="(\w+)"/.exec(String(page.body)) ?? [];
    const headers = session ?? cookieOf(page.headers);
    return this.request(path, { headers, form: { ...form, _csrf: token } });
  }
}

function cookieOf(headers: RawResponse['headers']): { Cookie: string } {
  return { Cookie: String(headers['set-cookie']).replace(/;.*/, '') };
}
