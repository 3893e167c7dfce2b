"""usage: tokens.py CERTIFICATE KEY [USER:PASSWORD]

A token service as docker's specification has it: GET with basic authentication, POST with a refresh token; signs with
RS256 by openssl. Everybody may pull; the user, if there is one, may push as well, and then nobody else may pull.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import time
import urllib.parse

from common import Handler, listen, serve

CERTIFICATE, KEY = sys.argv[1:3]
USER = sys.argv[3] if len(sys.argv) > 3 else None
PEM = "".join(open(CERTIFICATE).read().split("-----")[2].split())
REFRESH = "refresh-" + hashlib.sha256((USER or "").encode()).hexdigest()


def encode(value):
    if isinstance(value, dict):
        value = json.dumps(value).encode()
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def sign(service, subject, scopes, mine):
    access = []
    for scope in " ".join(scopes).split():
        kind, name, actions = re.fullmatch(r"(\w+):(.*):([\w,*]*)", scope).groups()
        granted = [a for a in actions.split(",") if mine or (a == "pull" and not USER)]
        access.append({"type": kind, "name": name, "actions": granted})
    now = int(time.time())
    claims = {"iss": "gantry-test", "sub": subject, "aud": service, "nbf": now - 10, "iat": now, "exp": now + 300}
    claims |= {"jti": str(time.monotonic_ns()), "access": access}
    head = {"typ": "JWT", "alg": "RS256", "x5c": [PEM]}
    text = f"{encode(head)}.{encode(claims)}"
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", KEY], input=text.encode(), capture_output=True, check=True
    ).stdout
    return f"{text}.{encode(signature)}"


class Tokens(Handler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        given = self.headers.get("Authorization", "")
        mine = USER is not None and given == "Basic " + base64.b64encode(USER.encode()).decode()
        if given and not mine:
            return self.answer(401, {"details": "incorrect username or password"})
        self.grant(query, mine, "offline_token" in query)

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = urllib.parse.parse_qs(form)
        mine = query.get("grant_type") == ["refresh_token"] and query.get("refresh_token") == [REFRESH]
        if not mine:
            return self.answer(401, {"error": "invalid_grant", "error_description": "unknown refresh token"})
        self.grant(query, mine, False)

    def grant(self, query, mine, offline):
        service = query.get("service", [""])[0]
        token = sign(service, USER.split(":")[0] if mine else "", query.get("scope", []), mine)
        body = {"access_token" if self.command == "POST" else "token": token, "expires_in": 300}
        if offline and mine:
            body["refresh_token"] = REFRESH
        self.answer(200, body)


serve(listen(Tokens).server_address[1])
