import express, { type Request, type RequestHandler, type Response } from 'express';
import express4 from 'express4';
import { type Outcome, offload, type XSendfileOptions, xsendfile } from '../../../lib/index.js';
import { type Fixture, listenWith } from '../../helpers/check.js';

export const VERSIONS = [
  { name: 'Express 5', create: express, major: 5 },
  { name: 'Express 4', create: express4, major: 4 },
] as const;

export type Version = (typeof VERSIONS)[number];

/** A route that is told how its call ended. */
export type Route = (req: Request, res: Response) => unknown;

/** An error handler's answer; the status is that of the error. */
export const SHOWN = 'shown by the error handler';

/**
 * An application with one route for everything; with no handler options it is Express alone.
 *
 * `calls` collects what its error handler and the end of its chain get.
 */
export async function listenToRoute(
  { create }: Pick<Version, 'create'>,
  root: string,
  options: XSendfileOptions | undefined,
  route: Route,
): Promise<Fixture & { readonly calls: unknown[] }> {
  const outcomes: Outcome[] = [];
  const calls: unknown[] = [];
  const app = create();
  app.set('env', 'test');
  if (options !== undefined) {
    const onFinish = (outcome: Outcome): void => void outcomes.push(outcome);
    app.use(offload(xsendfile(root, { sender: 'serve', onFinish, ...options })));
  }
  app.use(route as RequestHandler);
  app.use((_req: Request, res: Response) => {
    calls.push('next');
    res.status(404).end('next');
  });
  app.use(((error, _req, res, next) => {
    calls.push(error);
    if (res.headersSent) return next(error);
    res.status(error.status ?? 500).end(SHOWN);
  }) satisfies express.ErrorRequestHandler);
  return { ...(await listenWith(app, outcomes)), calls };
}
