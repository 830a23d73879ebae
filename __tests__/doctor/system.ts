import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import express from 'express';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import { type RemoteObject, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { generated } from '../frontends/generated.js';
import { type FrontEndName, type Place, startFrontEnd } from '../helpers/front-end-server.js';

export const DOCTOR_SECRET = 'secret-of-the-doctor-tests';
export const HANDSHAKE = 'handshake-of-the-doctor-tests';

/** How a system differs from a right one. */
export interface Fault {
  /** Changes the generated configuration. */
  readonly edit?: (config: string, place: Place) => string;
  /** Options of the handler besides the right sender and handshake. */
  readonly options?: XSendfileOptions;
  /** A store, and how an object of it is presigned. */
  readonly remote?: { readonly origin: string; readonly object: () => RemoteObject };
  /** Mode of the root directory. */
  readonly mode?: number;
  /** Whether there is no front end. */
  readonly isBare?: boolean;
  /** Puts something between the front end and the application. @returns its port */
  readonly between?: (port: number) => Promise<{ port: number; close(): Promise<void> }>;
  /** Whether the application has another handler with the same sender. */
  readonly hasOther?: boolean;
  /** Sender of the other handler. @default the same */
  readonly other?: XSendfileOptions['sender'];
  /** The probe's `mount`. */
  readonly mount?: string;
  /** The process's umask while the application writes. */
  readonly umask?: number;
}

/** A system to examine. */
export interface System {
  /** Of the probe, through the front end. */
  readonly url: string;
  /** Of the probe, without it. */
  readonly direct: string;
  readonly root: string;
  close(): Promise<void>;
}

const TOP = 'the files (50% mañana)';

export async function startSystem(name: FrontEndName, fault: Fault = {}): Promise<System> {
  const { edit = (config: string) => config, options = {}, mode = 0o755, isBare = false } = fault;
  const base = mkdtempSync(join(tmpdir(), 'xsendfile-doctor-test-'));
  chmodSync(base, 0o755);
  const root = join(base, TOP);
  mkdirSync(root);
  chmodSync(root, mode);

  // Of its own, because all systems are in one process.
  const handshake = `${HANDSHAKE}-${basename(base)}`;
  const given: XSendfileOptions = { sender: name, handshake, ...options };
  const files = xsendfile(root, given);
  if (fault.hasOther) xsendfile(base, { ...given, sender: fault.other ?? given.sender });
  const app = express();
  const { remote } = fault;
  const probed = remote && {
    handler: xsendfile(remoteRoot({ origins: [remote.origin] }), {
      sender: name,
      handshake,
    }),
    object: remote.object,
  };
  app.use(
    '/-doctor',
    doctorProbe(files, { secret: DOCTOR_SECRET, mount: fault.mount, remote: probed }),
  );
  const server = createServer({ keepAliveTimeout: 60_000 }, app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const between = await fault.between?.(port);

  const isFetched = remote !== undefined && name === 'nginx';
  const right = generated(name, undefined, isFetched ? [{ origin: remote.origin }] : []);
  const frontEnd = isBare
    ? undefined
    : await startFrontEnd(
        { ...right, configure: (place) => edit(right.configure(place), place) },
        { root, backendPort: between?.port ?? port, handshake },
      );
  return {
    url: `http://127.0.0.1:${frontEnd?.port ?? port}/-doctor`,
    direct: `http://127.0.0.1:${port}/-doctor`,
    root,
    async close() {
      await frontEnd?.stop();
      await between?.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      rmSync(base, { recursive: true, force: true });
    },
  };
}
