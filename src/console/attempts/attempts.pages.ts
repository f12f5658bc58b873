import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface AttemptsModel extends ConsoleModel {
  readonly lead: Text;
  /** The address of this page, without what it filters by. */
  readonly here: string;
  readonly search: {
    /** Whether there are these fields for whoever asks. */
    readonly byCode: boolean;
    readonly byPerson: boolean;
    readonly code: string;
    readonly client: string;
    readonly person: string;
    readonly since: string;
    readonly until: string;
    readonly outcomes: readonly Choice[];
  };
  readonly filtered: boolean;
  readonly attempts: readonly {
    readonly href: string;
    readonly tool: Words;
    readonly outcome: Outcome;
    readonly person: string | undefined;
    readonly organization: string | undefined;
    readonly began: Moment;
    /** The step it came to. */
    readonly step: Text;
    readonly cure: Text | undefined;
  }[];
  readonly more: string | undefined;
}
export const ATTEMPTS_PAGE = definePage<AttemptsModel>('console/attempts', CONSOLE);

interface Outcome {
  readonly label: Text;
  readonly connected: boolean;
  readonly failed: boolean;
}

interface Value {
  readonly name: string;
  readonly value: string;
}

export interface AttemptModel extends ConsoleModel {
  readonly back: string;
  readonly outcome: Outcome;
  readonly clientId: string | undefined;
  readonly person: string | undefined;
  readonly organization: string | undefined;
  readonly steps: readonly {
    readonly label: Text;
    readonly failed: boolean;
    readonly uncertain: boolean;
    /** ISO 8601, and the time of day in UTC. */
    readonly at: string;
    readonly clock: string;
    readonly from: Text | undefined;
    readonly sent: readonly Value[];
    readonly rule: Text | undefined;
    readonly code: string | undefined;
    /** What belongs together is side by side. */
    readonly compared: readonly { readonly values: readonly Value[] }[];
    readonly cure: { readonly cure: Text; readonly actor: Text } | undefined;
  }[];
}
export const ATTEMPT_PAGE = definePage<AttemptModel>('console/attempt', CONSOLE);

export interface ForeignAttemptModel extends ConsoleModel {
  /** What was looked for, if it can be a support code. */
  readonly code: string | undefined;
  readonly back: string;
}
export const FOREIGN_ATTEMPT_PAGE = definePage<ForeignAttemptModel>('console/foreign-attempt', CONSOLE);
