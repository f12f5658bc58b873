import { Injectable } from '@nestjs/common';

/** The only source of time. SQL gets it as a parameter, tests move it. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
