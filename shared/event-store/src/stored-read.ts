import type { EventStoreDBClient, StreamingRead } from '@eventstore/db-client'
import { positionOf, revisionOf } from '@registru/domain/places'
import { createUUID, Empty, parseUUID, type ReadEvent, ReadReq, ReadStream, StreamsClient } from './client-parts.ts'
import { StoreUnavailable } from './errors.ts'
import type { StoredEvent } from './event-store.ts'

const storedOf = (read: ReadEvent): StoredEvent => {
  const event = read.getEvent()
  const id = parseUUID(event?.getId() ?? createUUID())
  if (event === undefined) throw new StoreUnavailable('the event store sent no event')
  const described = event.getMetadataMap()
  return {
    stream: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
    revision: revisionOf(BigInt(event.getStreamRevision())),
    position: positionOf(BigInt(event.getCommitPosition())),
    createdTicks: BigInt(described.get('created') ?? 0),
    id,
    type: described.get('type') ?? '',
    isJson: described.get('content-type') === 'application/json',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8(),
  }
}

/** The client's own read of `$all`, but for what it makes of an event: it would parse the bytes. */
export const readAllStored = (
  client: EventStoreDBClient,
  options: { readonly highWaterMark: number },
): StreamingRead<StoredEvent> => {
  const all = new ReadReq.Options.AllOptions()
  all.setStart(new Empty())
  const request = new ReadReq.Options()
  request.setAll(all)
  request.setCount(String(Number.MAX_SAFE_INTEGER))
  request.setUuidOption(new ReadReq.Options.UUIDOption().setString(new Empty()))
  request.setNoFilter(new Empty())
  request.setReadDirection(0)
  const open = client['GRPCStreamCreator'](StreamsClient, 'readAll', (node) =>
    node.read(
      new ReadReq().setOptions(request),
      ...client['callArguments']({}, { deadline: Number.POSITIVE_INFINITY }),
    ),
  )
  return new ReadStream(open, storedOf, options)
}
