import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import {
  type AttemptFilter,
  AttemptSteps,
  type AttemptSummary,
  type ClientUse,
  type RecordedStep,
} from '../database/repositories/attempt-steps.repository.js';
import { hashSecret } from '../oauth/secret.js';
import { KEPT_MS } from './recorder.service.js';
import { aroundOf, timelineOf, type TimelineStep, tracesOf } from './timeline.js';

/** Who asks for an attempt that may be their own. */
interface Viewer {
  readonly userId: string;
  /** The value of the browser's cookie. */
  readonly browser: string | undefined;
}

/** Attempts to connect tools, as they were recorded. */
@Injectable()
export class Attempts {
  constructor(
    private readonly steps: AttemptSteps,
    private readonly clock: Clock,
  ) {}

  async list(
    filter: Omit<AttemptFilter, 'since'> & { readonly since?: Date },
    limit: number,
  ): Promise<AttemptSummary[]> {
    const kept = this.kept();
    const since = filter.since && filter.since > kept ? filter.since : kept;
    return this.steps.list({ ...filter, since }, limit);
  }

  /** All steps of an attempt, and those that are likely part of it; empty when there is none. */
  async timeline(attempt: string): Promise<TimelineStep[]> {
    const own = await this.steps.ofAttempt(attempt, this.kept());
    if (own.length === 0) return [];
    const clientId = own.find((step) => step.clientId !== null)?.clientId;
    const uses = clientId ? await this.steps.usesOf(clientId, this.kept()) : [];
    const steps = await this.around(own, clientId, uses);
    // What a client was refused without naming a connection is part of the attempt it was about then.
    const { at, loose } = own.at(-1)!;
    const about = loose ? uses.findLast(({ began }) => began <= at) : undefined;
    if (!about) return steps;
    const whole = await this.around(await this.steps.ofAttempt(about.attempt, this.kept()), clientId, uses);
    return whole.some((step) => step.attempt === attempt && step.certain) ? whole : steps;
  }

  private async around(
    own: readonly RecordedStep[],
    clientId: string | null | undefined,
    uses: readonly ClientUse[],
  ): Promise<TimelineStep[]> {
    const { from, to } = aroundOf(own);
    const near = await this.steps.loose(from, to, tracesOf(own));
    // The program that registered asked the way before, from the same place, when it did not say yet who it is.
    const registered = near.filter(({ kind, clientId: one }) => kind === 'registration' && one === clientId);
    const before = registered.length > 0 ? await this.steps.loose(from, to, tracesOf(registered)) : [];
    const loose = new Map([...near, ...before].map((step) => [`${step.kind} ${step.position}`, step]));
    return timelineOf(own, [...loose.values()], uses);
  }

  /** The attempt in which somebody was shown this support code. */
  async byCode(supportCode: string): Promise<TimelineStep[]> {
    const step = await this.steps.byCode(supportCode, this.kept());
    return step ? this.timeline(step.attempt) : [];
  }

  /**
   * What of these steps a person may see: all that are certain, when the attempt is their own: they are in it; or
   * nobody is, and it is of their browser; or its client is of their installation alone. Otherwise nothing.
   */
  async own(all: readonly TimelineStep[], { userId, browser }: Viewer): Promise<TimelineStep[]> {
    const steps = all.filter(({ certain }) => certain);
    const people = new Set(steps.flatMap((step) => step.userId ?? []));
    if (people.size > 0) return people.size === 1 && people.has(userId) ? steps : [];
    const seen = browser === undefined ? undefined : hashSecret(browser);
    if (seen && steps.some((step) => step.browser?.equals(seen))) return steps;
    const clientId = steps.find((step) => step.clientId !== null)?.clientId;
    if (!clientId?.startsWith('dyn-')) return [];
    const users = (await this.steps.usesOf(clientId, this.kept())).flatMap(({ userIds }) => userIds ?? []);
    return new Set(users).size === 1 && users[0] === userId ? steps : [];
  }

  private kept(): Date {
    return new Date(this.clock.now().getTime() - KEPT_MS);
  }
}
