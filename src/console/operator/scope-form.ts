import { MAX_SENTENCE, type ScopeDraft, type ScopeFault } from '../../resources/declaration.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import type { ScopeFields } from './resources.pages.js';

type Body = Readonly<Record<string, unknown>>;

export const EMPTY: ScopeDraft = {
  name: '',
  sentence: '',
  example: '',
  implies: [],
  changes: false,
  adminsOnly: false,
};

/** A permission as its form was filled in. */
export function scopeOf(body: Body): ScopeDraft {
  const words = (name: string) => fieldOf(body[name]).trim().slice(0, 200);
  return {
    name: words('scope'),
    sentence: words('sentence'),
    example: words('example'),
    implies: [body['implies']].flat().filter((one) => typeof one === 'string'),
    changes: body['changes'] === 'on',
    adminsOnly: body['admins_only'] === 'on',
  };
}

/** The same in its form, beside the others it may contain. */
export function scopeFields({ implies, ...scope }: ScopeDraft, others: readonly ScopeDraft[]): ScopeFields {
  const names = others.map(({ name }) => name).filter((name) => name !== scope.name);
  return { scope, others: names.map((name) => ({ name, implied: implies.includes(name) })) };
}

export function faultText({ rule }: ScopeFault): Text {
  return text(`resources.fault-${rule}`, { most: MAX_SENTENCE });
}
