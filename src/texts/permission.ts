import type { Scope } from '../oauth/scope.js';
import { ownText, type Words } from './text.js';

/** What a permission is in words: an operator's for a declared resource, else ours. */
export function permissionText({ name, sentence, example }: Scope): { sentence: Words; example: Words | undefined } {
  if (sentence !== undefined) return { sentence, example };
  return { sentence: ownText(`scope.${name}`) ?? name, example: ownText(`scope.${name}.example`) };
}
