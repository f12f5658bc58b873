import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface PolicyModel extends ConsoleModel {
  readonly failure: Text | undefined;
  /** The address of this page. */
  readonly here: string;
  /** So many requests for access wait for an answer. */
  readonly waiting: number;
  /** What the last change can be taken back to; undefined: there was none. */
  readonly undo: { readonly version: number; readonly name: Words; readonly says: Text } | undefined;
  readonly rules: readonly {
    readonly tool: string;
    readonly people: string;
    readonly name: Words;
    /** The id, where the name is not all there is to say. */
    readonly clientId: string | undefined;
    readonly says: Text;
    readonly denies: boolean;
    readonly asks: boolean;
    /** In words, what it may have at most; empty: no limit. */
    readonly ceiling: readonly Words[];
    readonly until: Moment | undefined;
    readonly over: boolean;
    /** This page, with the form filled in. */
    readonly change: string;
  }[];
  /** The form: what is said about which tool, for whom. */
  readonly tools: readonly Choice[];
  readonly address: string;
  readonly people: readonly Choice[];
  /** Of a single person it is for. */
  readonly person: string;
  readonly verdicts: readonly Choice[];
  readonly permissions: readonly { readonly name: string; readonly label: Words; readonly selected: boolean }[];
  readonly until: string;
}
export const POLICY_PAGE = definePage<PolicyModel>('console/policy', CONSOLE);

/** A connection and what becomes of it. */
interface Line {
  readonly email: string;
  readonly tool: Words;
  readonly selfAsserted: boolean;
  /** In words, what it can do afterwards. */
  readonly after: readonly Words[];
}

export interface PolicyRehearsalModel extends ConsoleModel {
  readonly here: string;
  /** The change, sealed. */
  readonly change: string;
  readonly says: Text;
  readonly denies: boolean;
  readonly asks: boolean;
  readonly name: Words;
  readonly ended: number;
  readonly changed: number;
  readonly untouched: number;
  /** A page of those that end, and of those that change. */
  readonly endedLines: readonly Line[];
  readonly changedLines: readonly Line[];
  /** Approvals of so many days, by tool: what would have become of them. */
  readonly days: number;
  readonly approvals: readonly {
    readonly tool: Words;
    readonly selfAsserted: boolean;
    readonly allowed: number;
    readonly asked: number;
    readonly denied: number;
  }[];
  /** Where more of them are, and where it begins, when this is not its first page. */
  readonly endedMore: string | undefined;
  readonly changedMore: string | undefined;
  readonly first: string | undefined;
}
export const POLICY_REHEARSAL_PAGE = definePage<PolicyRehearsalModel>('console/policy-rehearsal', CONSOLE);
