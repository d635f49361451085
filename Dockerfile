FROM python:3.12-slim-trixie AS build
WORKDIR /app
COPY requirements/base.lock requirements/base.lock
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.lock

FROM python:3.12-slim-trixie
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MC_DATA_DIR=/data MC_BIND=0.0.0.0
# pg_dump and pg_restore for `manage.py backup`: this Debian's are of PostgreSQL 17, as in compose.yaml.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home missioncontrol && install -d -o missioncontrol /data
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
USER missioncontrol
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["python", "manage.py", "serve", "--processes", "2"]
