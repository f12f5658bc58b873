import { Param, ParseUUIDPipe } from '@nestjs/common';

/** An id in the path; what cannot be one is not found. */
export const Id = (name = 'id') => Param(name, new ParseUUIDPipe({ errorHttpStatusCode: 404 }));
