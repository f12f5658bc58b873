import { definePage } from '../http/page.js';
import type { Text } from '../texts/text.js';
import { CONSOLE, type ConsoleModel } from './console.pages.js';

export interface ConfirmationModel extends ConsoleModel {
  readonly failure: Text | undefined;
  /** What will happen. */
  readonly what: Text;
  /** What has to be typed; undefined when a click is enough. */
  readonly word: string | undefined;
  /** Something ends by it, or is taken away. */
  readonly ends: boolean;
  readonly action: string;
  /** Fields that come along. */
  readonly hidden?: readonly { readonly name: string; readonly value: string }[];
  readonly submit: Text;
  readonly back: string;
}
/** An act that has to be meant. */
export type Question = Omit<ConfirmationModel, 'shell' | 'notice' | 'failure'>;

export const CONFIRMATION_PAGE = definePage<ConfirmationModel>('console/confirmation', CONSOLE);
