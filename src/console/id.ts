import { Param, ParseUUIDPipe } from '@nestjs/common';

/** The id in the path; what cannot be one is not found. */
export const Id = () => Param('id', new ParseUUIDPipe({ errorHttpStatusCode: 404 }));
