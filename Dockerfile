# docker build -t relevo .
# docker run -v ./relevo.yaml:/etc/relevo/relevo.yaml:ro -v relevo:/var/lib/relevo -p 2775:2775 -p 8080:8080 relevo
#
# In a container the listeners must not be on loopback: set http, smpp and admin `listen` to 0.0.0.0 in relevo.yaml, and
# `admin.token` with it. compose.yaml is a whole example, with Prometheus and Grafana.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
RUN python -m venv /opt/relevo
# The dependencies change less often than the code: a layer of their own. Pinned, each file by its hash.
COPY requirements/fetch.txt requirements/build.txt requirements/
RUN /opt/relevo/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        -r requirements/fetch.txt -r requirements/build.txt
# --build-arg COMPILE=1 compiles the hot modules, which takes minutes and a C compiler.
ARG COMPILE=
RUN [ -z "$COMPILE" ] || { apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev; }
COPY . .
RUN if [ -n "$COMPILE" ]; then \
        /opt/relevo/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes --target /opt/mypy \
            -r requirements/compile.txt \
        && export RELEVO_COMPILE=1 PYTHONPATH=/opt/mypy; \
    fi \
    && /opt/relevo/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/relevo/bin/pip check \
    && /opt/relevo/bin/pip uninstall --yes setuptools pip

FROM python:${PYTHON}-slim
RUN groupadd --system --gid 2775 relevo \
    && useradd --system --uid 2775 --gid relevo --home-dir /var/lib/relevo --shell /usr/sbin/nologin relevo \
    && install -d -o relevo -g relevo -m 0750 /var/lib/relevo /etc/relevo
COPY --from=build /opt/relevo /opt/relevo
ENV PATH=/opt/relevo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    # Where HEALTHCHECK asks; change it with admin.listen.
    RELEVO_HEALTH_URL=http://127.0.0.1:9464/healthz
USER relevo
WORKDIR /var/lib/relevo
VOLUME /var/lib/relevo
# SMPP for apps, HTTP for apps, ops
EXPOSE 2775 8080 9464
# Long enough to open a large store, after which three silent answers in a row are a hung loop.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-c", "import os, urllib.request as r; r.urlopen(os.environ['RELEVO_HEALTH_URL'], timeout=2)"]
# SIGTERM drains: what is in a window gets its answer. Give it time with `docker stop --time 60`.
STOPSIGNAL SIGTERM
ENTRYPOINT ["relevo"]
CMD ["run"]
