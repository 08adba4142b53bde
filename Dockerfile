# Marquee in a container: docs/container.md.

# The version that the tests run on.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
# As in constraints.txt. Its build for processors; the one for NVIDIA's GPUs has an index of its own (compose.gpu.yaml).
ARG TORCH=2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# First, since it is the biggest by far and seldom changes.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --index-url "${TORCH_INDEX}" "torch==${TORCH}"
# Everything else by its hash, also what torch brought.
COPY requirements.lock /source/
RUN pip --python /venv/bin/python install --force-reinstall --no-deps --require-hashes -r /source/requirements.lock \
    && pip --python /venv/bin/python check
COPY pyproject.toml README.md LICENSE /source/
COPY recommender /source/recommender
COPY bot /source/bot
RUN pip --python /venv/bin/python install --no-deps --no-build-isolation --target /app /source

FROM python:${PYTHON}-slim-bookworm
LABEL org.opencontainers.image.title="Marquee" \
      org.opencontainers.image.description="A Discord bot for movie nights" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin --uid 10001 marquee \
    && install --directory --mode 0700 --owner marquee --group marquee /data
COPY --from=build /venv /venv
COPY --from=build /app /app
# matplotlib wants a folder that it can write to.
ENV PATH=/venv/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    MARQUEE_DATA_DIR=/data
WORKDIR /app
USER 10001:10001
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD ["python", "-m", "bot", "healthcheck"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
