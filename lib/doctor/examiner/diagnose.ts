import { leakedHeaders } from './answers.js';
import { RULES } from './diagnoses.js';
import type { CheckId, Examination, Finding, Symptoms } from './findings.js';
import type { Exchange } from './session.js';

/** Names what is wrong: the first rule that fits. */
export function diagnose(symptoms: Symptoms): Finding {
  const { check } = symptoms;
  const rule = RULES.find((each) => each.checks.includes(check) && each.when(symptoms));
  if (rule === undefined) throw new Error(`no diagnosis for ${check}`);
  return {
    check,
    status: rule.isWarning === true ? 'warning' : 'failed',
    says: rule.says(symptoms),
    diagnosis: rule.name,
    cure: rule.cure(symptoms),
  };
}

/** The symptoms of an exchange that did not go as it should have. */
export function symptomsOf(
  check: CheckId,
  exchange: Exchange,
  { server, opened, isDirect }: Pick<Examination, 'server' | 'opened' | 'isDirect'>,
  more: Partial<Pick<Symptoms, 'helpsDoubledSlash' | 'helpsRecoding' | 'list'>> = {},
): Symptoms {
  return {
    ...{ check, server, exchange, opened, isDirect },
    leaked: leakedHeaders(exchange.answer),
    helpsDoubledSlash: false,
    helpsRecoding: false,
    list: [],
    ...more,
  };
}
