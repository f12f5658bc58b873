import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actingFrom } from '../config/acting-from.js';
import { isForPrograms } from './endpoints.js';

/**
 * What a person does comes from the address of the request: from when its body was read (what is read from a socket is
 * nobody's act) until there is an answer, whether or not somebody still waits for it.
 */
export function tellWhoActs(fastify: FastifyInstance): void {
  const ends = new WeakMap<FastifyRequest, () => void>();
  fastify.addHook('preHandler', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    if (isForPrograms(request.url)) return done();
    void actingFrom(request.ip, () => {
      const answered = new Promise<void>((resolve) => ends.set(request, resolve));
      done();
      return answered;
    });
  });
  fastify.addHook('onSend', (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Sent) => {
    ends.get(request)?.();
    done(null, payload);
  });
}

type Sent = (error: null, payload: unknown) => void;
