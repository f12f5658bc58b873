import { Controller, Get, NotFoundException, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../../accounts/browser-sessions.js';
import { Clock } from '../../config/clock.js';
import {
  ACCOUNT_STATES,
  type AccountFilter,
  type AccountLine,
  People,
} from '../../database/repositories/people.repository.js';
import { StoredFactors } from '../../database/repositories/second-factors.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { deviceOf } from '../account/device.js';
import { filterChoices } from '../choices.js';
import { endedNotice } from '../ended.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { cursor, nextPage, positionByName, positionOfSession } from '../../http/position.js';
import { Shells } from '../shells.js';
import { PEOPLE_PAGE, PERSON_PAGE } from './people.pages.js';

const PAGE = 50;

type Asked = Readonly<Record<string, unknown>>;

/** Everybody with an account, and one of them with what they have here. */
@Controller('console/operator/people')
@UseGuards(OperatorGuard)
export class PeopleController {
  constructor(
    private readonly shells: Shells,
    private readonly people: People,
    private readonly factors: StoredFactors,
    private readonly sessions: BrowserSessions,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = filterOf(asked);
    const found = await this.people.list(filter, PAGE + 1);
    const page = found.slice(0, PAGE);
    const now = this.clock.now();
    const query = { q: filter.search, state: filter.state ?? '' };
    const after = page.at(-1)?.email ?? '';
    await renderPage(reply, PEOPLE_PAGE, {
      title: text('nav.people'),
      shell: await this.shells.ofOperator('people', session, { request, reply }),
      notice: undefined,
      search: filter.search,
      states: filterChoices(text('people.any'), ACCOUNT_STATES, filter.state, (value) =>
        text(`account-state.${value}`),
      ),
      people: page.map((line) => rowOf(line, now)),
      more: found.length > PAGE ? `/console/operator/people?${new URLSearchParams({ ...query, after })}` : undefined,
    });
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const account = await this.people.find(id);
    if (!account) throw new NotFoundException();
    const now = this.clock.now();
    const here = `/console/operator/people/${id}`;
    const [placed, seen] = [positionByName(asked['organizations']), positionOfSession(asked['sessions'])];
    const organizations = await this.people.organizationsOf(id, { limit: PAGE + 1, after: placed });
    const sessions = await this.sessions.ofUser(id, { limit: PAGE + 1, after: seen });
    await renderPage(reply, PERSON_PAGE, {
      title: text('people.title', { email: account.email }),
      shell: await this.shells.ofOperator('people', session, { request, reply }),
      notice: noticeOf(asked['done']),
      ended: endedNotice(asked, now),
      account: rowOf(account, now),
      connections: await this.people.connectionsOf(id, now),
      secondFactor: await this.factors.has(id),
      organizations: organizations
        .slice(0, PAGE)
        .map((one) => ({ id: one.id, name: one.name, role: text(`role.${one.role}`) })),
      moreOrganizations: nextPage(here, cursor('sessions', seen), organizations, PAGE, 'organizations'),
      sessions: sessions.slice(0, PAGE).map(({ userAgent, address, lastSeenAt }) => ({
        device: deviceOf(userAgent),
        address,
        seen: moment(lastSeenAt, now),
      })),
      moreSessions: nextPage(here, cursor('organizations', placed), sessions, PAGE, 'sessions'),
      first: placed || seen ? here : undefined,
    });
  }
}

const rowOf = ({ createdAt, disabledAt, ...line }: AccountLine, now: Date) => ({
  ...line,
  since: moment(createdAt, now),
  disabled: disabledAt ? moment(disabledAt, now) : undefined,
});

function filterOf({ q, state, after }: Asked): AccountFilter {
  return {
    search: searchOf(q),
    state: ACCOUNT_STATES.find((one) => one === state),
    after: fieldOf(after).slice(0, 254) || undefined,
  };
}
