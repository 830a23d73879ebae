import type { NextApiRequest, NextApiResponse } from 'next';
import { files } from './handlers.js';
import { COPY, describeError, SENT } from './settings.js';

/** The API route `/send/[what]` of `next-site`. */
export async function send(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  try {
    await files.send(req, res, SENT[String(req.query.what)] ?? '', COPY);
  } catch (error) {
    const { status, text } = describeError(error);
    res.status(status).send(text);
  }
}
