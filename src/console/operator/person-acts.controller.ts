import { Body, Controller, Get, NotFoundException, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PasswordReset } from '../../accounts/password-reset.service.js';
import { SecondFactors } from '../../accounts/second-factors.service.js';
import { Clock } from '../../config/clock.js';
import { type AccountLine, People } from '../../database/repositories/people.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { StoredFactors } from '../../database/repositories/second-factors.repository.js';
import { UserStanding } from '../../database/repositories/user-standing.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { pageLocale } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { type Locale, text } from '../../texts/text.js';
import { endedQuery } from '../ended.js';
import { Id } from '../id.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';

const ACTS = [
  'reset-password',
  'end-sessions',
  'disconnect',
  'reset-second-factor',
  'make-operator',
  'unmake-operator',
  'disable',
  'enable',
] as const;
/** What takes nothing from anybody is not asked about. */
const UNASKED: readonly Act[] = ['reset-password', 'enable'];
const GIVING: readonly Act[] = [...UNASKED, 'make-operator'];
type Act = (typeof ACTS)[number];

/**
 * What operators do about one person. What ends something, or gives everything, is confirmed by typing their address.
 */
@Controller('console/operator/people/:id')
@UseGuards(OperatorGuard)
export class PersonActsController {
  constructor(
    private readonly confirmations: Confirmations,
    private readonly people: People,
    private readonly users: Users,
    private readonly standing: UserStanding,
    private readonly factors: StoredFactors,
    private readonly secondFactors: SecondFactors,
    private readonly passwords: PasswordReset,
    private readonly clock: Clock,
  ) {}

  @Get(':act')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { question } = await this.asked(id, name);
    await this.confirmations.ask({ tab: 'people', session, request, reply }, question);
  }

  @Post(':act')
  @UseGuards(CsrfGuard)
  async act(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { act, question } = await this.asked(id, name);
    const asking: Asking = { tab: 'people', session, request, reply };
    if (!(await this.confirmations.given(asking, question, typed))) return;
    const at = this.clock.now();
    const done = await this.perform(act, id, { at, by: session.userId, locale: pageLocale(request) });
    if (done === 'last operator') return this.confirmations.ask(asking, question, text('people.last-operator'));
    await seeOther(reply, `/console/operator/people/${id}?done=${act}&${endedQuery(done, this.clock.now())}`);
  }

  /** How many connections ended. */
  private async perform(
    act: Act,
    id: string,
    { at, by, locale }: { at: Date; by: string; locale: Locale },
  ): Promise<number | 'last operator'> {
    const done = await this.change(act, id, { at, by, locale });
    if (!done) throw new NotFoundException();
    if (done === 'last operator') return done;
    return typeof done === 'object' ? done.live : 0;
  }

  /** False: it was so before. */
  private async change(act: Act, id: string, { at, by, locale }: { at: Date; by: string; locale: Locale }) {
    switch (act) {
      case 'reset-password': {
        const user = await this.users.find(id);
        return user !== null && this.passwords.offer(user, locale, by);
      }
      case 'end-sessions':
        await this.standing.endSessions(id, at, by);
        return true;
      case 'disconnect':
        return this.standing.disconnectTools(id, at, by);
      case 'reset-second-factor':
        return this.secondFactors.reset(id, { by, locale });
      case 'disable': {
        const done = await this.standing.disable(id, at, by);
        return done !== 'disabled before' && done;
      }
      case 'enable':
        return this.standing.enable(id, at, by);
      default:
        return this.standing.setOperator(id, act === 'make-operator', at, by);
    }
  }

  private async asked(id: string, name: string): Promise<{ act: Act; question: Question }> {
    const act = ACTS.find((one) => one === name);
    const account = await this.people.find(id);
    if (!act || !account || (account.disabledAt !== null) !== (act === 'enable')) throw new NotFoundException();
    if (act === 'reset-second-factor' && !(await this.factors.has(id))) throw new NotFoundException();
    const connections = await this.people.connectionsOf(id, this.clock.now());
    return { act, question: questionOf(act, account, connections) };
  }
}

function questionOf(act: Act, { id, email }: AccountLine, connections: number): Question {
  const back = `/console/operator/people/${id}`;
  return {
    title: text(`title.${act}`),
    what: text(`act.${act}-what`, { email, connections }),
    word: UNASKED.includes(act) ? undefined : email,
    ends: !GIVING.includes(act),
    action: `${back}/${act}`,
    submit: text(`act.${act}`),
    back,
  };
}
