"""Many socket clients in a process of their own: when did which of them hear of an event? Knows nothing of ours."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect


async def main(address: str, key: str, stream: str, count: int, states: str) -> None:
    ready = asyncio.Semaphore(0)
    headers = {"Authorization": f"Bearer {key}"}
    delays: list[float] = []

    async def follow() -> None:
        async with connect(address, additional_headers=headers, max_size=None, proxy=None) as socket:
            for state in states.split():
                await socket.send(json.dumps({"t": "sub", "s": state}))
            await socket.send(json.dumps({"t": "sub", "s": stream}))
            first = True
            async for text in socket:
                now = time.time()
                frame = json.loads(text)
                if frame["t"] == "end":
                    return
                if frame["t"] == "snap":
                    await socket.send(json.dumps({"t": "more", "s": frame["what"]}))
                if frame["t"] == "ev":
                    delays.extend(now - event["data"]["sent"] for event in frame["e"] if "sent" in event["data"])
                    await socket.send(json.dumps({"t": "more", "s": stream, "after": frame["b"]}))
                    if first:
                        first = False
                        ready.release()

    clients = [asyncio.create_task(follow()) for _ in range(count)]
    for _ in range(count):
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.gather(*clients)
    print(json.dumps(delays), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]))
