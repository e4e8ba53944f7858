"""Every surrounding of a secret: a value is reported there, a stand-in is not."""

import pytest

from leakguard.generic.surroundings import file_facts, line_facts
from tests.generic.seen import reported

KEY = "q8Zr3vN" + "1xTk7Lw5YbD2mHs9P"  # leakguard:allow
WORD = "vq7" + "Tzkw2xJ"

FOUND = {
    "python": ("app.py", f'password = "{WORD}"'),
    "python argument": ("app.py", f'connect(user="ana", password="{WORD}")'),
    "javascript": ("app.js", f"const apiKey = '{KEY}';"),
    "typescript": ("app.ts", f"private apiKey: string = '{KEY}';"),
    "java": ("App.java", f'private static final String PASSWORD = "{WORD}";'),
    "java call": ("App.java", f'factory.setPassword("{WORD}");'),
    "go": ("app.go", f'password := "{WORD}"'),
    "go field": ("app.go", f'\tPassword: "{WORD}",'),
    "ruby": ("app.rb", f":password => '{WORD}',"),
    "php": ("app.php", f"'password' => '{WORD}',"),
    "c#": ("App.cs", f'client.Password = "{WORD}";'),
    "yaml": ("app.yml", f"  password: {WORD}"),
    "json": ("app.json", f'  "password": "{WORD}",'),
    "toml": ("app.toml", f'password = "{WORD}"'),
    "ini": ("app.ini", f"password = {WORD}"),
    "properties": ("app.properties", f"spring.datasource.password={WORD}"),
    "env": (".env", f"DB_PASSWORD={WORD}"),
    "xml attribute": ("app.xml", f'<user name="ana" password="{WORD}"/>'),
    "xml element": ("app.xml", f"<password>{WORD}</password>"),
    "xml property": ("app.xml", f'<property name="password" value="{WORD}"/>'),
    "hcl": ("main.tf", f'  password = "{WORD}"'),
    "dockerfile": ("Dockerfile", f"ENV DB_PASSWORD={WORD}"),
    "dockerfile argument": ("Dockerfile", f"ARG DB_PASSWORD={WORD}"),
    "compose": ("compose.yml", f"      - POSTGRES_PASSWORD={WORD}"),
    "shell": ("run.sh", f"export DB_PASSWORD={WORD}"),
    "powershell": ("run.ps1", f'$Password = "{WORD}"'),
    "sql": ("app.sql", f"CREATE USER ana IDENTIFIED BY '{WORD}';"),
    "sql with password": ("app.sql", f"CREATE USER ana WITH PASSWORD '{WORD}';"),
    "connection string": ("app.config", f"Server=db;User Id=ana;Password={WORD};"),
    "address": ("app.py", f'url = "postgres://ana:{WORD}@db.corp.net/app"'),
    "query": ("app.py", f'url = "https://api.corp.net/v1?access_token={KEY}"'),
    "flag": ("run.sh", f"tool login --username ana --password {WORD}"),
    "mysql": ("run.sh", f"mysql -u root -p{WORD} app"),
    "sshpass": ("run.sh", f"sshpass -p '{WORD}' ssh ana@corp.net"),
    "curl": ("run.sh", f"curl -u ana:{WORD} https://corp.net/"),
    "basic": (
        "run.sh",
        "curl -H 'Authorization: Basic " + "YW5hOnZx" + "N1R6a3cyeEo='",
    ),
    "bearer": ("run.sh", f"curl -H 'Authorization: Bearer {KEY.lower()}'"),
    "text": ("notes.md", f"The password is {WORD}."),
    "log": ("app.log", f"12:01:07 login ok user=ana password={WORD}"),
    "german": ("app.py", f'passwort = "{WORD}"'),
    "spanish": ("app.py", f'contraseña = "{WORD}"'),
    "french": ("app.py", f'mot_de_passe = "{WORD}"'),
    "russian": ("app.py", f'пароль = "{WORD}"'),
    "chinese": ("notes.md", f"密码: {WORD}"),
    "portuguese": ("app.py", f'senha = "{WORD}"'),
    "weak": ("app.py", 'password = "hunt' + 'er2"'),
    "weak with signs": ("app.py", 'password = "Passw' + '0rd!"'),
}

CLEAN = {
    "template": ("app.yml", "  password: ${DB_PASSWORD}"),
    "jinja": ("app.yml", "  password: {{ db_password }}"),
    "environment": ("app.py", 'password = os.environ["DB_PASSWORD"]'),
    "reference": ("app.py", "password = settings.DB_PASSWORD"),
    "call": ("app.py", 'api_key = get_secret("projects/app/key")'),
    "placeholder": ("app.py", 'password = "<your-password>"'),
    "change me": (".env", "DB_PASSWORD=changeme"),
    "masked": ("app.log", "user=ana password=********"),
    "type": ("app.ts", "password: string;"),
    "label": ("en.json", '"password": "Enter your password"'),
    "translation": ("locale/ru.json", '"PASSWORD_LABEL": "Введите пароль"'),
    "field": ("app.py", 'password_field = "user_password"'),
    "flag": ("run.sh", "tool login --password $PASSWORD"),
    "mysql": ("run.sh", "mysql -u root -p app_database"),
    "sql": ("app.sql", "CREATE USER ana IDENTIFIED BY 'password';"),
    "address": ("notes.md", "postgres://user:password@localhost/app"),
    "basic": ("run.sh", "curl -H 'Authorization: Basic <credentials>'"),
    "bearer": ("run.sh", 'curl -H "Authorization: Bearer $TOKEN"'),
    "element": ("app.xml", "<password>password</password>"),
    "text": ("notes.md", "The password is required."),
    "public key": ("app.py", 'public_key = "key_of_the_server"'),
    "cache key": ("app.js", "const cacheKey = 'user-list-page-2';"),
    "path": (".env", "SECRET_KEY_FILE=/run/secrets/key"),
    "version": ("app.yml", "  token_version: 1.2.3-alpha"),
    "uuid of an object": ("app.json", '"key": "3f2b8c1e-0000-4000-8000-000000000000"'),
}


@pytest.mark.parametrize(("path", "text"), FOUND.values(), ids=FOUND.keys())
def test_secret_is_reported(path: str, text: str) -> None:
    assert reported(text, path), text


@pytest.mark.parametrize(("path", "text"), CLEAN.values(), ids=CLEAN.keys())
def test_what_is_no_secret_is_not_reported(path: str, text: str) -> None:
    assert reported(text, path) == []


def test_line_says_how_the_value_stands() -> None:
    facts = line_facts('"] == "', '# assert user == x["password"] == "', '"', "host: db")

    assert facts["s_compare"]
    assert facts["l_comment"]
    assert facts["l_assert"]
    assert facts["l_host_near"]
    assert facts["l_ends"]
    assert not facts["l_goes_on"]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("tests/test_a.py", "f_test"),
        ("locale/de.po", "f_locale"),
        ("package-lock.json", "f_lock"),
        ("dist/app.min.js", "f_built"),
        ("docs/a.md", "f_docs"),
        (".env.local", "f_env"),
        ("deploy/run.sh", "f_script"),
        ("Makefile", "f_none"),
    ],
)
def test_path_says_what_the_file_is(path: str, role: str) -> None:
    assert file_facts(path)[role]
