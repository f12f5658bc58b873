import type { Text, Words } from '../texts/text.js';

/** One entry of a select. */
export interface Choice<Value extends string = string, Label extends Words = Words> {
  readonly value: Value;
  readonly label: Label;
  readonly selected: boolean;
}

/** These values to choose from, the chosen one selected. */
export function choices<Value extends string, Label extends Words>(
  values: readonly Value[],
  chosen: unknown,
  label: (value: Value) => Label,
): Choice<Value, Label>[] {
  return values.map((value) => ({ value, label: label(value), selected: value === chosen }));
}

/** The same for a filter, `any` first: it is the empty value, and selected when nothing is chosen. */
export function filterChoices<Value extends string>(
  any: Text,
  values: readonly Value[],
  chosen: Value | undefined,
  label: (value: Value) => Words,
): Choice[] {
  return [{ value: '', label: any, selected: !chosen }, ...choices(values, chosen, label)];
}
