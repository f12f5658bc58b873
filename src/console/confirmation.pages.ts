import { definePage } from '../http/page.js';
import type { Text } from '../texts/text.js';
import { CONSOLE, type ConsoleModel } from './console.pages.js';

export interface ConfirmationModel extends ConsoleModel {
  readonly failure: Text | undefined;
  /** What will happen. */
  readonly what: Text;
  /** What has to be typed; undefined when a click is enough. */
  readonly word: string | undefined;
  readonly action: string;
  readonly submit: Text;
  readonly back: string;
}
/** An act that has to be meant. */
export type Question = Pick<ConfirmationModel, 'title' | 'what' | 'word' | 'action' | 'submit' | 'back'>;

export const CONFIRMATION_PAGE = definePage<ConfirmationModel>('console/confirmation', CONSOLE);
