import type { FastifyRequest } from 'fastify';
import { actingFrom } from '../config/acting-from.js';
import { isForPrograms } from './endpoints.js';

const ends = new WeakMap<FastifyRequest, () => void>();

/** What a person does comes from the address of the request: whatever follows from `next`, until `actsNoMore`. */
export function actsFrom(request: FastifyRequest, next: () => void): void {
  if (isForPrograms(request.url)) return next();
  void actingFrom(request.ip, () => {
    const answered = new Promise<void>((resolve) => ends.set(request, resolve));
    next();
    return answered;
  });
}

export function actsNoMore(request: FastifyRequest): void {
  ends.get(request)?.();
}
