import type { NamedFile, PlannedHead } from '../pipeline/responder.js';
import type { HeaderSender } from '../servers/contract.js';
import type { RequestView } from '../shared/views.js';

/**
 * Returns the head of a response that Node sends; builds it unless another response has had the same.
 *
 * @typeParam Form - the form in which the responder writes heads. Those of one handler have the same.
 * @param build - must depend on nothing but the plan and the representation.
 */
export function rememberedHead<Form>(
  { plan: { status }, remembered }: Pick<PlannedHead, 'plan' | 'remembered'>,
  build: () => Form,
): Form {
  // The most common heads, which depend on nothing else.
  const slot = status === 200 ? 'whole' : status === 304 ? 'notModified' : undefined;
  if (slot === undefined || remembered === undefined) return build();
  remembered[slot] ??= build();
  return remembered[slot] as Form;
}

/**
 * Returns the head of a response that names a file to a front end; builds it unless the last one for the file was the
 * same.
 *
 * @param build - must depend on nothing but the file, except for the id of the download, and on what the sender has a
 * key for; undefined if the header cannot represent the name.
 */
export function rememberedNaming<Form>(
  sender: HeaderSender,
  { representation: { remembered }, acceptRanges, rate, restoresHeaders }: NamedFile,
  request: RequestView,
  build: () => Form | undefined,
): Form | undefined {
  const naming = sender.memoKey(request);
  if (naming === undefined || remembered === undefined) return build();
  const key = `${restoresHeaders} ${acceptRanges} ${rate} ${naming}`;
  if (remembered.named?.key === key) return remembered.named.head as Form;
  const head = build();
  if (head !== undefined) remembered.named = { key, head };
  return head;
}
