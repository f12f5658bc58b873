import { Injectable } from '@nestjs/common';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { type Text, text } from '../../texts/text.js';
import { CONFIRMATION_PAGE, type Question } from '../confirmation.pages.js';
import { fieldOf } from '../field.js';
import type { OperatorTab } from '../navigation.js';
import { type Http, Shells } from '../shells.js';

/** Who is asked, and where. */
export interface Asking extends Http {
  readonly tab: OperatorTab;
  readonly session: LiveSession;
}

/** The page that asks whether an act is meant; what ends much is confirmed by typing its name. */
@Injectable()
export class Confirmations {
  constructor(private readonly shells: Shells) {}

  async ask({ tab, session, request, reply }: Asking, question: Question, failure?: Text): Promise<void> {
    const shell = await this.shells.ofOperator(tab, session, { request, reply });
    await renderPage(reply, CONFIRMATION_PAGE, { ...question, shell, notice: undefined, failure }, failure ? 400 : 200);
  }

  /** Whether it was typed; asks again if not. */
  async given(asking: Asking, question: Question, typed: unknown): Promise<boolean> {
    if (question.word === undefined || fieldOf(typed).trim() === question.word) return true;
    await this.ask(asking, question, text('confirm.wrong'));
    return false;
  }
}
