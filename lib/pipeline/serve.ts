import type { OpenedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { isRefusal } from '../shared/errors.js';
import type { Outcome } from '../types.js';
import { isAllowed } from './allow.js';
import { isGone, whenOver } from './connection.js';
import { type Delivery, describeFor, targetOf, type Variant } from './delivery.js';
import { endingOf } from './outcome.js';
import { weakenIfPacked } from './packing.js';
import type { Plan } from './plan.js';
import { planFor } from './plan-for.js';
import { rateFor } from './rate.js';
import { answerRefusal } from './refusal.js';
import { sendBody } from './send-body.js';
import { endingOfTransfer } from './transfer-ending.js';
import { isPlain, toFlatList } from './write-head.js';

/**
 * Sends a file from this process. It owns the file from now on, and closes it as soon as it is no longer
 * needed.
 *
 * @throws errors of option functions; nothing was written then.
 */
export async function serve(variant: Variant<OpenedFile>, delivery: Delivery): Promise<Outcome> {
  try {
    return await answer(variant, delivery);
  } finally {
    variant.file.close();
  }
}

async function answer(variant: Variant<OpenedFile>, delivery: Delivery): Promise<Outcome> {
  const { req, res, site, exchange } = delivery;
  let { file } = variant;
  exchange.note({ size: Number.isFinite(file.size) ? file.size : undefined });
  if (isGone(req, res)) return exchange.end({ kind: 'aborted', status: 0 });

  const representation = describeFor(delivery, variant, true);
  const plan = planFor(file, representation, delivery);
  // Without the question there is nothing to wait for.
  if (
    site.config.allow.length > 0 &&
    !(await isAllowed(file, representation, plan.status, delivery))
  ) {
    return exchange.end({ kind: 'aborted', status: 0 });
  }
  if (file.reopen !== undefined && !isRefusal(plan) && plan.body.length > 0) {
    const again = await file.reopen();
    return again === undefined
      ? exchange.end({ kind: 'aborted', status: 0 })
      : serve(again, delivery);
  }
  exchange.note({ sender: 'serve' });
  exchange.downloadId();
  if (isRefusal(plan)) {
    file.close();
    answerRefusal(req, res, plan);
    const isComplete = await whenOver(req, res);
    return exchange.end(isComplete ? endingOf(plan) : { kind: 'aborted', status: plan.status });
  }
  const rate = rateFor(file, delivery);
  if (isWhole(plan.body, file.size)) file = (await file.keep?.()) ?? file;
  writeHead(plan, representation, file, delivery);
  const result = await sendBody(plan.body, file, rate, delivery);
  const ending = Object.assign(endingOfTransfer(result, plan.status), { bytes: result.bytes });
  if (plan.range === undefined) return exchange.end(ending);
  return exchange.end({ ...ending, range: Object.freeze({ ...plan.range }) });
}

function isWhole([part, ...more]: Plan['body'], size: number): boolean {
  if (part === undefined || more.length > 0 || Buffer.isBuffer(part)) return false;
  return part.start === 0 && part.end === size - 1;
}

function writeHead(
  plan: Plan,
  representation: Representation,
  file: OpenedFile,
  delivery: Delivery,
): void {
  const { status, headers, framing } = plan;
  const { res, site, policy, overrides, head } = delivery;
  const { setHeaders } = site.config;
  if (setHeaders !== undefined || policy.presets !== undefined || !isPlain(res)) {
    const hook =
      setHeaders && (() => setHeaders(res, file.path, targetOf(delivery, file, representation)));
    const weakened = weakenIfPacked(plan, representation, delivery);
    head().decide({ ...representation.headers, ...headers, ...weakened }, framing, hook);
    try {
      res.writeHead(status);
    } catch (error) {
      // The error page must not look like the file.
      if (!res.headersSent) head().reset();
      throw error;
    }
    return;
  }
  const remembered = overrides.acceptRanges === undefined ? representation.remembered : undefined;
  // The most common heads, which depend on nothing else.
  const slot = status === 200 ? 'whole' : status === 304 ? 'notModified' : undefined;
  let list = slot && remembered?.[slot];
  if (list === undefined) {
    list = toFlatList(res, { ...representation.headers, ...headers, ...framing });
    if (slot !== undefined && remembered !== undefined) remembered[slot] = list;
  }
  res.writeHead(status, list as string[]);
}
