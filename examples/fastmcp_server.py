"""A resource server in Python. UNTESTED: a place to start from. Needs fastmcp 3, pyjwt[crypto] and httpx.

ISSUER=https://auth.example.com/mcp RESOURCE=https://files.example.com/mcp \
CLIENT_ID=rs-... CLIENT_SECRET=... python fastmcp_server.py
"""

import os
import threading
import time

import httpx
import jwt
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, RemoteAuthProvider, TokenVerifier

ISSUER, RESOURCE = os.environ["ISSUER"], os.environ["RESOURCE"]
CREDENTIALS = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])


class AccessTokens(TokenVerifier):
    """Verifies access tokens for this resource, and follows the revocation feed of their issuer."""

    def __init__(self):
        super().__init__()
        issuer = httpx.URL(ISSUER)
        well_known = issuer.copy_with(path=f"/.well-known/oauth-authorization-server{issuer.path}")
        self.server = httpx.get(well_known).json()
        self.keys = jwt.PyJWKClient(self.server["jwks_uri"])
        self.dead, self.position, self.complete_until = {}, "0", 0
        threading.Thread(target=self.follow, daemon=True).start()

    def signed(self, text, kind, **options):
        if jwt.get_unverified_header(text).get("typ") != kind:
            raise jwt.InvalidTokenError("a JWT of another kind")
        key = self.keys.get_signing_key_from_jwt(text).key
        return jwt.decode(text, key, algorithms=["ES256"], issuer=ISSUER, **options)

    def follow(self):
        while True:
            try:
                page = httpx.get(self.server["revocation_feed_endpoint"], params={"since": self.position}, timeout=2)
                claims = self.signed(page.text, "revocations+jwt")
                known = self.dead | {one["sid"]: one["until"] for one in claims["revoked"]}
                self.dead = {sid: until for sid, until in known.items() if until > time.time()}
                self.position = claims["next"]
                if claims["more"]:
                    continue
                self.complete_until = claims["exp"]
            except (httpx.HTTPError, jwt.PyJWTError) as error:
                print(f"The revocation feed: {error}")
            time.sleep(0.5)

    async def is_dead(self, sid, token):
        if sid in self.dead or time.time() < self.complete_until:
            return sid in self.dead
        async with httpx.AsyncClient(auth=CREDENTIALS) as client:
            answer = await client.post(self.server["introspection_endpoint"], data={"token": token})
        return not answer.raise_for_status().json()["active"]

    async def verify_token(self, token):
        try:
            claims = self.signed(token, "at+jwt", audience=RESOURCE, options={"require": ["exp", "sid", "scope"]})
        except jwt.PyJWTError:
            return None
        if await self.is_dead(claims["sid"], token):
            return None
        return AccessToken(token=token, client_id=claims["client_id"], scopes=claims["scope"].split())


origin = RESOURCE.removesuffix("/mcp")
mcp = FastMCP("Files", auth=RemoteAuthProvider(AccessTokens(), authorization_servers=[ISSUER], base_url=origin))


@mcp.tool
def list_files() -> list[str]:
    return ["hello.txt"]


mcp.run(transport="http", host="127.0.0.1", port=8080)
